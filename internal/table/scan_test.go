package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prism/internal/rowid"
)

// checkSlowly does what Check does, with a Reader and a map.
func checkSlowly(in string, o CheckOptions) (rows int64, err error) {
	r, err := newReader(strings.NewReader(in), o.Options, 64)
	if err != nil {
		return 0, err
	}
	id, err := idColumn(r.header, o)
	if err != nil {
		return 0, err
	}
	lines := map[int64]int64{}
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return 0, err
		}
		text := rec.Text(nil, id)
		v, err := rowid.Parse(text)
		if err != nil {
			return 0, &Error{File: o.Name, Line: rec.Line, Msg: rowid.InvalidMessage(RowID, text)}
		}
		if line, ok := lines[v]; ok {
			return 0, &Error{File: o.Name, Line: rec.Line, Msg: fmt.Sprintf("duplicate RowID %d (first on line %d)", v, line)}
		}
		lines[v] = rec.Line
		rows++
	}
}

func TestCheckAgreesWithASlowOne(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	pieces := []string{"x", "\"\"", "\"a\n,b\"", "5\" x", "7", "\"8\"", "-3", "12", "9223372036854775807", "1e3", ""}
	for range 3000 {
		names := []string{"RowID", "x", "y"}
		r.Shuffle(3, func(i, j int) { names[i], names[j] = names[j], names[i] })
		var b strings.Builder
		b.WriteString(strings.Join(names, ",") + "\n")
		spread := []int64{20, 1 << 40}[r.IntN(2)]
		for row := range r.IntN(30) {
			id := fmt.Sprint(r.Int64N(spread) + int64(row)*r.Int64N(3))
			for i, n := range names {
				if i > 0 {
					b.WriteByte(',')
				}
				if n == "RowID" && r.IntN(50) > 0 {
					if r.IntN(5) == 0 {
						id = `"` + id + `"`
					}
					b.WriteString(id)
				} else {
					b.WriteString(pieces[r.IntN(len(pieces))])
				}
			}
			if r.IntN(60) == 0 {
				b.WriteString(",more")
			}
			b.WriteString([]string{"\n", "\r\n", "\n\n"}[r.IntN(3)])
		}
		in := b.String()
		o := CheckOptions{Options: Options{Name: "f"}}
		want, wantErr := checkSlowly(in, o)
		got, err := Check(context.Background(), strings.NewReader(in), int64(len(in)), o)
		if got.Rows != want || fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Fatalf("%q: got %d, %v, want %d, %v", in, got.Rows, err, want, wantErr)
		}
	}
}

func TestScanEndsWithItsContext(t *testing.T) {
	in := "x,y\n" + strings.Repeat("a,b\n", 5000)
	f := strings.NewReader(in)
	h, err := ReadHeader(f, f.Size(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 3} {
		ctx, cancel := context.WithCancel(context.Background())
		err := Scan(ctx, f, f.Size(), h, ScanOptions{Block: 100, Workers: workers}, func(b *Block) error {
			if b.Pos > 100 {
				cancel()
			}
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%d workers: got %v, want %v", workers, err, context.Canceled)
		}
	}
}

func TestScanNoticesAShorterFile(t *testing.T) {
	in := "x,y\n" + strings.Repeat("a,b\n", 5000)
	f := strings.NewReader(in)
	h, err := ReadHeader(f, f.Size(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 3} {
		o := ScanOptions{Options: Options{Name: "f"}, Block: 100, Workers: workers}
		err := Scan(context.Background(), f, f.Size()+1000, h, o, func(*Block) error { return nil })
		if bad, ok := errors.AsType[*Error](err); !ok || bad.Error() != "f: the file changed while it was read" {
			t.Errorf("%d workers: got %v, want that it changed", workers, err)
		}
	}
}

func TestScanRefusesAnEndlessQuote(t *testing.T) {
	f := io.NewSectionReader(endless{"a,b\n1,2\n3,\"x\n", "text\n"}, 0, 3*maxSize)
	h, err := ReadHeader(f, f.Size(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	err = Scan(context.Background(), f, f.Size(), h, ScanOptions{Options: Options{Name: "f"}}, func(b *Block) error {
		rows += len(b.Recs)
		return nil
	})
	if want := "f:3: the quote that opens here does not close within 64 MiB"; rows != 1 || err == nil || err.Error() != want {
		t.Errorf("got %d rows, %v, want 1 and %s", rows, err, want)
	}
}

// endless is a file of a beginning and one text for ever.
type endless struct{ begin, text string }

func (e endless) ReadAt(p []byte, at int64) (int, error) {
	for i := range p {
		if k := at + int64(i); k < int64(len(e.begin)) {
			p[i] = e.begin[k]
		} else {
			p[i] = e.text[(k-int64(len(e.begin)))%int64(len(e.text))]
		}
	}
	return len(p), nil
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", t.TempDir())
	path := filepath.Join(dir, "in.csv")
	if err := os.WriteFile(path, []byte("RowID\n1\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	f, err := Open(ctx, path, nil)
	if err != nil || f.Size != 8 || f.Spooled {
		t.Fatalf("got %+v, %v", f, err)
	}
	f.Close()
	f, err = Open(ctx, "-", strings.NewReader("RowID\n12\n"))
	if err != nil || f.Size != 9 || !f.Spooled {
		t.Fatalf("got %+v, %v", f, err)
	}
	if h, err := ReadHeader(f, f.Size, Options{}); err != nil || h.Size != 6 {
		t.Errorf("header %+v, %v", h, err)
	}
	f.Close()
	if left, _ := os.ReadDir(os.Getenv("TMPDIR")); len(left) > 0 {
		t.Errorf("temporary files left: %v", left)
	}
	var bad *Error
	for _, name := range []string{dir, filepath.Join(dir, "none.csv")} {
		if _, err := Open(ctx, name, nil); !errors.As(err, &bad) || bad.File != name {
			t.Errorf("%s: got %v, want an *Error", name, err)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	silent, _ := io.Pipe()
	if _, err := Open(ctx, "-", silent); !errors.Is(err, context.Canceled) {
		t.Errorf("a silent pipe: got %v, want %v", err, context.Canceled)
	}
}
