package parquet

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	lib "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"

	"prism/internal/table"
)

// readAll reads a file as lines with | between cells.
func readAll(t testing.TB, data []byte) (string, error) {
	t.Helper()
	var lines []string
	err := ReadRows(t.Context(), "in", bytes.NewReader(data), int64(len(data)), func(cells [][]byte) error {
		lines = append(lines, string(bytes.Join(cells, []byte("|"))))
		return nil
	})
	return strings.Join(lines, "\n"), err
}

// writeByLibrary lets the library write rows of Go values.
func writeByLibrary[T any](t testing.TB, rows ...T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := lib.NewGenericWriter[T](&b)
	_, err := w.Write(rows)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestValues(t *testing.T) {
	type row struct {
		B    bool
		I32  int32
		I64  int64
		U32  uint32
		U64  uint64
		F32  float32
		F64  float64
		S    string
		None *string
		Day  int32     `parquet:",date"`
		Ms   time.Time `parquet:",timestamp(millisecond)"`
		Ns   time.Time `parquet:",timestamp(nanosecond:local)"`
		Dec  int64     `parquet:",decimal(2:18)"`
		Big  [16]byte  `parquet:",decimal(3:38)"`
		ID   [16]byte  `parquet:",uuid"`
		I96  deprecated.Int96
	}
	negative := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 128), big.NewInt(12345)).Bytes()
	at := time.Date(2026, 11, 28, 14, 30, 0, 250e6, time.UTC)
	data := writeByLibrary(t, row{
		B: true, I32: -5, I64: -9223372036854775808, U32: 4294967295, U64: 18446744073709551615, F32: 0.1, F64: 5, S: "late",
		Day: 20785, Ms: at, Ns: at, Dec: -5, Big: [16]byte(negative), ID: [16]byte{0xab, 15: 1}, I96: deprecated.Int96{0, 0, 2440588 + 20785},
	})
	got, err := readAll(t, data)
	_, got, _ = strings.Cut(got, "\n")
	const want = "true|-5|-9223372036854775808|4294967295|18446744073709551615|0.1|5|late||2026-11-28|2026-11-28T14:30:00.25Z|2026-11-28T14:30:00.25|-0.05|-12.345|ab000000-0000-0000-0000-000000000001|2026-11-28T00:00:00"
	if err != nil || got != want {
		t.Errorf("got\n%s, %v, want\n%s", got, err, want)
	}
}

func TestNestedValues(t *testing.T) {
	type inner struct {
		X int32
		Y *string
		Z []int32
	}
	type row struct {
		Tags   []string `parquet:",list"`
		Raw    []int32
		Deep   [][]int32 `parquet:",list"`
		In     inner
		Opt    *inner
		Many   []inner
		Counts map[string]float64
	}
	y := "a \"b\""
	data := writeByLibrary(t,
		row{Tags: []string{"a", "b,c"}, Raw: []int32{1, 2}, In: inner{X: 1, Y: &y, Z: []int32{7, 8}}, Opt: &inner{X: 2}, Many: []inner{{X: 3}, {X: 4, Y: &y, Z: []int32{9}}}, Counts: map[string]float64{"k": 0.5}},
		row{},
	)
	got, err := readAll(t, data)
	const want = "Tags|Raw|Deep|In|Opt|Many|Counts\n" +
		`["a","b,c"]|[1,2]|[]|{"X":1,"Y":"a \"b\"","Z":[7,8]}|{"X":2,"Y":null,"Z":[]}|[{"X":3,"Y":null,"Z":[]},{"X":4,"Y":"a \"b\"","Z":[9]}]|{"k":0.5}` + "\n" +
		`[]|[]|[]|{"X":0,"Y":null,"Z":[]}||[]|{}`
	if err != nil || got != want {
		t.Errorf("got\n%s, %v, want\n%s", got, err, want)
	}
}

func TestFaultyFiles(t *testing.T) {
	type row struct{ A []byte }
	whole := writeByLibrary(t, row{[]byte("x")}, row{[]byte("\xff")})
	lz4 := writeByLibrary(t, struct {
		A string `parquet:",lz4"`
	}{"x"})
	for _, tt := range []struct {
		name string
		data []byte
		want string
	}{
		{"binary", whole, `in: row 2: column "A": it has binary data`},
		{"cut", whole[:len(whole)-4], "in: damaged Parquet file"},
		{"LZ4", lz4, "in: this is Parquet compressed by LZ4"},
		{"only the start", []byte("PAR1"), "in: damaged Parquet file"},
		{"nonsense", append([]byte("PAR1"), bytes.Repeat([]byte{0x15}, 200)...), "in: damaged Parquet file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readAll(t, tt.data)
			if _, ok := errors.AsType[*table.Error](err); !ok || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// TestDamagedFiles: a file with some wrong bytes gives rows or a *table.Error, and takes
// little memory.
func TestDamagedFiles(t *testing.T) {
	whole := writeByLibrary(t, struct {
		A int32
		B []string `parquet:",list"`
	}{1, []string{"x"}})
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		data := bytes.Clone(whole)
		for range 1 + random.IntN(3) {
			data[random.IntN(len(data))] = byte(random.IntN(256))
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := readAll(t, data)
		runtime.ReadMemStats(&after)
		if _, ok := errors.AsType[*table.Error](err); err != nil && !ok {
			t.Fatalf("%q: %v", data, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20 {
			t.Fatalf("%q: took %d MiB", data, n>>20)
		}
	}
}

// TestYieldEndsTheReading: its error comes back as it is.
func TestYieldEndsTheReading(t *testing.T) {
	data := writeByLibrary(t, struct{ A int32 }{1})
	err := ReadRows(t.Context(), "in", bytes.NewReader(data), int64(len(data)), func([][]byte) error { return os.ErrClosed })
	if !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestManyRowGroups(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out, []Column{{"RowID", Integer}, {"Text", Text}})
	const rows = 2*groupRows + 5
	for i := range rows {
		if err := w.WriteRow([][]byte{fmt.Append(nil, i), fmt.Append(nil, "text ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	n := 0
	err := ReadRows(t.Context(), "in", bytes.NewReader(out.Bytes()), int64(out.Len()), func(cells [][]byte) error {
		if n > 0 && (string(cells[0]) != fmt.Sprint(n-1) || string(cells[1]) != fmt.Sprint("text ", n-1)) {
			return fmt.Errorf("row %d: %q", n, cells)
		}
		n++
		return nil
	})
	if err != nil || n != rows+1 {
		t.Errorf("got %d rows, %v", n-1, err)
	}
}

func TestTypesFit(t *testing.T) {
	for _, tt := range []struct {
		text                     string
		integer, number, boolean bool
	}{
		{"0", true, true, false}, {"-7", true, true, false}, {"007", false, false, false}, {"+7", false, false, false}, {"1.5", false, true, false}, {"1.50", false, false, false},
		{"9223372036854775807", true, false, false}, {"9223372036854775808", false, false, false}, {"1e5", false, false, false}, {"NaN", false, false, false}, {"Inf", false, false, false},
		{"true", false, false, true}, {"TRUE", false, false, false}, {"", false, false, false}, {"x", false, false, false},
	} {
		if Integer.Fits([]byte(tt.text)) != tt.integer || Number.Fits([]byte(tt.text)) != tt.number || Boolean.Fits([]byte(tt.text)) != tt.boolean || !Text.Fits([]byte(tt.text)) {
			t.Errorf("%q: %v, %v, %v", tt.text, Integer.Fits([]byte(tt.text)), Number.Fits([]byte(tt.text)), Boolean.Fits([]byte(tt.text)))
		}
	}
}

// FuzzReadRows checks that a file gives rows or a *table.Error, whatever it holds.
func FuzzReadRows(f *testing.F) {
	f.Add(writeByLibrary(f, struct {
		A int32
		B []string `parquet:",list"`
	}{1, []string{"x"}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := readAll(t, data); err != nil {
			if _, ok := errors.AsType[*table.Error](err); !ok {
				t.Fatal(err)
			}
		}
	})
}
