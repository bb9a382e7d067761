package ollamatest

import (
	"regexp"
	"strconv"
	"strings"
)

var rule = strings.Repeat("═", 67)

// span is a mention's place in a user message.
type span struct {
	id         int64
	found      bool
	head, body int // byte of its "[MENTION" and of what follows its RowID line
}

// readMentions finds the rows in a user message. ids, where the reply schema
// told them, are what the message must hold, so that a content which looks like
// a mention is not taken for one; a row that the message lacks (it was cut) has
// only its ID. Without ids the message is believed; it may have none.
func readMentions(user string, ids []int64) []Row {
	if len(ids) == 1 || len(ids) == 0 && !strings.Contains(user, rule+"\n[MENTION 1 of ") {
		return readSingle(user, ids)
	}
	var spans []span
	pos := 0
	for i := 0; len(ids) == 0 || i < len(ids); i++ {
		var want *int64
		if len(ids) > 0 {
			want = &ids[i]
		}
		s := nextSpan(user, pos, i+1, want)
		if !s.found && want == nil {
			break
		}
		if s.found {
			pos = s.body
		}
		spans = append(spans, s)
	}
	end := len(user)
	if at := strings.LastIndex(user, "\n"+rule+"\n\n**RETURN:**"); at >= pos {
		end = at
	}
	rows := make([]Row, len(spans))
	for i := len(spans) - 1; i >= 0; i-- {
		if s := spans[i]; s.found {
			rows[i] = readRow(strings.TrimSuffix(user[s.body:max(end, s.body)], "\n"+rule+"\n\n"))
			end = s.head - len(rule+"\n")
		}
		rows[i].ID = spans[i].id
	}
	return rows
}

// nextSpan finds mention number n from pos on.
func nextSpan(user string, pos, n int, want *int64) span {
	mark := rule + "\n[MENTION " + strconv.Itoa(n) + " of "
	for {
		at := strings.Index(user[pos:], mark)
		if at < 0 {
			s := span{}
			if want != nil {
				s.id = *want
			}
			return s
		}
		head := pos + at + len(rule+"\n")
		pos += at + len(mark)
		line := strings.IndexByte(user[pos:], '\n')
		if line < 0 {
			continue
		}
		id, body, ok := readID(user, pos+line+1)
		if ok && (want == nil || *want == id) {
			return span{id: id, found: true, head: head, body: body}
		}
	}
}

// readID reads the line "RowID: N" at pos; next is the line after it.
func readID(user string, pos int) (id int64, next int, ok bool) {
	rest, found := strings.CutPrefix(user[pos:], "RowID: ")
	if !found {
		return 0, 0, false
	}
	digits, _, _ := strings.Cut(rest, "\n")
	id, err := strconv.ParseInt(digits, 10, 64)
	next = min(pos+len("RowID: ")+len(digits)+1, len(user))
	return id, next, err == nil
}

// readSingle reads the message about one row; nil if it is not one.
func readSingle(user string, ids []int64) []Row {
	at := strings.Index(user, "\n\nRowID: ")
	var row Row
	ok := at >= 0
	if ok {
		var next int
		row.ID, next, ok = readID(user, at+len("\n\n"))
		if ok {
			block := user[next:]
			if end := strings.LastIndex(block, "\n\n**RETURN:**"); end >= 0 {
				block = block[:end]
			}
			id := row.ID
			row = readRow(block)
			row.ID = id
		}
	}
	switch {
	case len(ids) == 1 && (!ok || row.ID != ids[0]):
		return []Row{{ID: ids[0]}}
	case !ok:
		return nil
	}
	return []Row{row}
}

// readRow reads what follows the RowID line of a mention.
func readRow(block string) Row {
	var r Row
	if rest, ok := strings.CutPrefix(block, "[INPUT SENTIMENT]: "); ok {
		line, after, _ := strings.Cut(rest, "\n")
		r.Sentiment, _, _ = strings.Cut(line, " ← ")
		block = after
	}
	block = strings.TrimPrefix(block, "\n")
	if rest, ok := strings.CutPrefix(block, "Title: "); ok {
		r.Title, block, _ = strings.Cut(rest, "\nContent: ")
		r.Title, r.Message = unquote(r.Title), unquote(block)
		return r
	}
	r.Message = unquote(strings.TrimPrefix(block, "Content: "))
	return r
}

// quotedFrame is a line of a cell that looks like one of the frame.
var quotedFrame = regexp.MustCompile(`(?m)^> (═══|\[MENTION |RowID:|\[INPUT SENTIMENT\]|\*\*RETURN:)`)

// unquote returns a cell as the input has it.
func unquote(cell string) string { return quotedFrame.ReplaceAllString(cell, "$1") }
