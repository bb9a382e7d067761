package xlsx

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"

	"prism/internal/table"
)

// Workbook is an open workbook.
type Workbook struct {
	name     string // for messages
	parts    map[string]*zip.File
	sheets   []Sheet
	date1904 bool
	formats  []numberFormat // by the style of a cell
	strings  *sharedStrings // nil: not read yet
	sst      string         // part with them
	unpacked int64          // bytes so far
	limit    int64          // of them
}

// Sheet is a sheet of a workbook.
type Sheet struct {
	Name   string
	Hidden bool
	part   string
}

// An archive may unpack to this many bytes for each of its own, and some more.
const (
	maxRatio    = 200
	minUnpacked = 1 << 30
)

// Open reads what a workbook says of its sheets. What is wrong with it is a *table.Error.
func Open(name string, r io.ReaderAt, size int64) (*Workbook, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, &table.Error{File: name, Msg: "this begins like a workbook (.xlsx) but is truncated or damaged: " + err.Error()}
	}
	archive.RegisterDecompressor(zip.Deflate, func(r io.Reader) io.ReadCloser { return flate.NewReader(r) })
	w := &Workbook{name: name, parts: map[string]*zip.File{}, limit: size*maxRatio + minUnpacked}
	var names []string
	for _, f := range archive.File {
		names = append(names, f.Name)
		w.parts[strings.ToLower(path.Clean("/"+f.Name))] = f
	}
	relations, err := w.readRelations("/")
	if err != nil {
		return nil, err
	}
	book := ""
	for _, r := range relations {
		if strings.HasSuffix(r.kind, "/officeDocument") && strings.HasSuffix(r.target, ".xml") && w.parts[r.target] != nil {
			book = r.target
		}
	}
	if book == "" || !strings.Contains(book, "workbook") && !w.hasSheets(names) {
		return nil, &table.Error{File: name, Msg: describeArchive(names)}
	}
	return w, w.readBook(book)
}

func (w *Workbook) hasSheets(names []string) bool {
	for _, n := range names {
		if strings.Contains(n, "worksheets/") {
			return true
		}
	}
	return false
}

// Close removes temporary files.
func (w *Workbook) Close() error {
	if w.strings == nil {
		return nil
	}
	return w.strings.removeSpill()
}

// Sheets are the sheets with cells, in their order, without charts.
func (w *Workbook) Sheets() []Sheet { return w.sheets }

// fault is the error for what is wrong with a part.
func (w *Workbook) fault(part string, err error) error {
	if _, known := errors.AsType[*table.Error](err); known {
		return err
	}
	return &table.Error{File: w.name, Msg: fmt.Sprintf("damaged workbook: %s: %v", strings.TrimPrefix(part, "/"), err)}
}

// partReader reads a part and counts what it unpacks to.
type partReader struct {
	io.ReadCloser
	w *Workbook
}

var errBomb = errors.New("it unpacks to far more than its size allows for; save the table as CSV")

func (p *partReader) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	if p.w.unpacked += int64(n); p.w.unpacked > p.w.limit {
		return n, errBomb
	}
	return n, err
}

func (w *Workbook) openPart(part string) (io.ReadCloser, error) {
	f := w.parts[part]
	if f == nil {
		return nil, w.fault(part, errors.New("the part is missing"))
	}
	r, err := f.Open()
	if err != nil {
		return nil, w.fault(part, err)
	}
	return &partReader{r, w}, nil
}

// scanPart calls do with each token of a part.
func (w *Workbook) scanPart(part string, do func(x *xmlScanner, token xmlToken) error) error {
	r, err := w.openPart(part)
	if err != nil {
		return err
	}
	defer r.Close()
	x := newXMLScanner(r)
	for {
		token, err := x.nextToken()
		if err == nil && token != endOfXML {
			err = do(x, token)
		}
		if err != nil {
			return w.fault(part, err)
		}
		if token == endOfXML {
			return nil
		}
	}
}

// relation names another part.
type relation struct{ id, kind, target string }

// readRelations reads which parts a part names; / is the archive.
func (w *Workbook) readRelations(of string) ([]relation, error) {
	dir, base := path.Split(of)
	part := strings.ToLower(path.Join(dir, "_rels", base+".rels"))
	if w.parts[part] == nil {
		return nil, nil
	}
	var list []relation
	err := w.scanPart(part, func(x *xmlScanner, token xmlToken) error {
		if token != startTag || string(x.name) != "Relationship" {
			return nil
		}
		id, err1 := x.attrText("Id")
		kind, err2 := x.attrText("Type")
		target, err3 := x.attrText("Target")
		if !strings.HasPrefix(target, "/") {
			target = dir + target
		}
		list = append(list, relation{id, kind, strings.ToLower(path.Clean(target))})
		return errors.Join(err1, err2, err3)
	})
	return list, err
}

// readBook reads the workbook's own part and its styles.
func (w *Workbook) readBook(book string) error {
	relations, err := w.readRelations(book)
	if err != nil {
		return err
	}
	byID := map[string]relation{}
	for _, r := range relations {
		byID[r.id] = r
		if strings.HasSuffix(r.kind, "/sharedStrings") && w.parts[r.target] != nil {
			w.sst = r.target
		}
		if strings.HasSuffix(r.kind, "/styles") && w.parts[r.target] != nil {
			if err := w.readStyles(r.target); err != nil {
				return err
			}
		}
	}
	return w.scanPart(book, func(x *xmlScanner, token xmlToken) error {
		if token != startTag {
			return nil
		}
		switch string(x.name) {
		case "workbookPr":
			v := string(x.attr("date1904"))
			w.date1904 = v == "1" || v == "true"
		case "sheet":
			name, err := x.attrText("name")
			if err != nil {
				return err
			}
			state := string(x.attr("state"))
			r, known := byID[string(x.attr("id"))]
			if !known {
				return fmt.Errorf("sheet %q has no part", name)
			}
			if strings.HasSuffix(r.kind, "/worksheet") {
				w.sheets = append(w.sheets, Sheet{Name: name, Hidden: state == "hidden" || state == "veryHidden", part: r.target})
			}
		}
		return nil
	})
}

// readStyles reads which number format each style has.
func (w *Workbook) readStyles(part string) error {
	codes := map[int]numberFormat{}
	inCells := false
	return w.scanPart(part, func(x *xmlScanner, token xmlToken) error {
		name := string(x.name)
		if token == xmlText {
			return nil
		}
		if name == "cellXfs" {
			inCells = token == startTag
		}
		if token != startTag || name != "numFmt" && (name != "xf" || !inCells) {
			return nil
		}
		id, _ := strconv.Atoi(string(x.attr("numFmtId")))
		if name == "xf" {
			f, own := codes[id]
			if !own {
				f = builtinFormat(id)
			}
			w.formats = append(w.formats, f)
			return nil
		}
		code, err := x.attrText("formatCode")
		codes[id] = parseNumberFormat(code)
		return err
	})
}

// loadStrings reads the shared strings, once.
func (w *Workbook) loadStrings(ctx context.Context) error {
	if w.strings != nil {
		return nil
	}
	w.strings = &sharedStrings{}
	if w.sst == "" {
		return nil
	}
	r, err := w.openPart(w.sst)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := readSharedStrings(ctx, r, w.strings); err != nil {
		if ctx.Err() != nil {
			return err
		}
		return w.fault(w.sst, err)
	}
	return nil
}

// checkCellText refuses what cannot be text.
func checkCellText(text []byte) error {
	if !utf8.Valid(text) {
		return errors.New("a text is not UTF-8")
	}
	return nil
}
