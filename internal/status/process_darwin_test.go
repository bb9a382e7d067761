package status

import (
	"os"
	"strconv"
	"testing"
	"time"
)

func TestProcessStartIsATime(t *testing.T) {
	start, err := strconv.ParseFloat(ProcessStart(os.Getpid()), 64)
	if err != nil {
		t.Fatal(err)
	}
	if age := time.Since(time.Unix(int64(start), 0)); age < 0 || age > time.Hour {
		t.Errorf("this process is %v old", age)
	}
}
