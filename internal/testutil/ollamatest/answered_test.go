package ollamatest

import (
	"net/http"
	"strings"
	"testing"
)

// Rows count as answered if their right labels came, and as repeated when they come again.
func TestAnsweredAndRepeated(t *testing.T) {
	second := []int64{1001}
	for _, c := range []struct {
		name               string
		fault              Fault
		answered, repeated int // after the same three rows came twice; the fault strikes the first call
	}{
		{"no fault", Fault{Kind: Slow, From: 9}, 3, 3},
		{"other order", Fault{Kind: SwapRows}, 3, 3},
		{"text around", Fault{Kind: Prose}, 3, 0},
		{"a row is missing", Fault{Kind: MissingRow, Rows: second}, 3, 2},
		{"a row has another RowID", Fault{Kind: OtherRow, Rows: second}, 3, 2},
		{"a row comes with two values", Fault{Kind: TwiceRow, Rows: second}, 3, 2},
		{"half the reply", Fault{Kind: CutReply}, 3, 0},
		{"no reply", Fault{Kind: Empty}, 3, 0},
		{"error", Fault{Kind: Kill}, 3, 0},
		{"error with status 200", Fault{Kind: ErrorIn200}, 3, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			fault := c.fault
			if fault.From == 0 {
				fault.Times = 1
			}
			srv := Start(t, fault)
			body := requestFor(rowsFrom(0, 3), nil)
			for range 2 {
				post(t, srv.URL, body)
			}
			if got := srv.Totals(); got.Answered != c.answered || got.Repeated != c.repeated {
				t.Errorf("%d answered, %d repeated, want %d, %d", got.Answered, got.Repeated, c.answered, c.repeated)
			}
		})
	}
}

// What is lost on the way was not answered.
func TestNotAnswered(t *testing.T) {
	for _, c := range []struct {
		name   string
		fault  Fault
		change func(map[string]any)
	}{
		{"the connection is cut", Fault{Kind: Cut}, nil},
		{"the prompt is cut", Fault{Kind: Slow, From: 9}, func(r map[string]any) {
			r["options"] = map[string]any{"num_ctx": 200}
			delete(r, "truncate")
		}},
		{"the reply is cut", Fault{Kind: Slow, From: 9}, func(r map[string]any) {
			r["options"] = map[string]any{"num_ctx": 16384, "num_predict": 5}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := Start(t, c.fault)
			resp, err := http.Post(srv.URL+"/api/chat", "application/json", strings.NewReader(requestFor(rowsFrom(0, 2), c.change)))
			if err == nil {
				resp.Body.Close()
			}
			if got := srv.Totals(); got.Rows != 2 || got.Answered != 0 {
				t.Errorf("got %+v (%v)", got, err)
			}
		})
	}
}

// A schema that fixes no RowID makes the model answer also what is left of a prompt.
func TestCutPromptIsAnsweredBySchema(t *testing.T) {
	row := MakeRow(1)
	row.Message = strings.Repeat("long ", 5000)
	srv := Start(t)
	_, a := post(t, srv.URL, requestFor([]Row{row}, func(r map[string]any) {
		r["format"] = map[string]any{"type": "object", "properties": map[string]any{"Mood": map[string]any{"type": "string"}}}
		r["options"] = map[string]any{"num_ctx": 4096}
		delete(r, "truncate")
		delete(r, "shift")
	}))
	if !strings.HasPrefix(a.Message.Content, `{"RowID":0,"Mood":"Mood of 0 is `) {
		t.Errorf("got %+v", a)
	}
}
