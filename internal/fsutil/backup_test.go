package fsutil

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCommitKeeping(t *testing.T) {
	never := func(Checksum) bool { return false }
	path := filepath.Join(t.TempDir(), "out.csv")
	write := func(text string, isOurs func(Checksum) bool) (Checksum, string) {
		t.Helper()
		f, err := CreateAtomic(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Abort()
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		sum, backup, err := f.CommitKeeping(isOurs)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Fatalf("the file holds %q, %v, want %q", got, err, text)
		}
		return sum, backup
	}
	wantFile := func(name, want string) {
		t.Helper()
		if got, err := os.ReadFile(name); err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v, want %q", name, got, err, want)
		}
	}
	sum, backup := write("one", never)
	if backup != "" {
		t.Errorf("a new file: backup %s", backup)
	}
	if _, backup = write("one", never); backup != "" {
		t.Errorf("the same content: backup %s", backup)
	}
	if _, backup = write("two", func(s Checksum) bool { return s == sum }); backup != "" {
		t.Errorf("what was written before: backup %s", backup)
	}
	if _, backup = write("three", never); backup != path+".bak" {
		t.Errorf("another file: backup %q", backup)
	}
	if _, backup = write("four", never); backup != path+".bak2" {
		t.Errorf("one more: backup %q", backup)
	}
	wantFile(path+".bak", "two")
	wantFile(path+".bak2", "three")
}

// TestCommitKeepingALink: the link stays, and the backup lies beside what it leads to.
func TestCommitKeepingALink(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("there", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("there/out.csv", []byte("edited"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("there/out.csv", "out.csv"); err != nil {
		t.Fatal(err)
	}
	f, err := CreateAtomic("out.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Abort()
	if _, backup, err := f.CommitKeeping(func(Checksum) bool { return false }); err != nil || filepath.Clean(backup) != "there/out.csv.bak" {
		t.Errorf("backup %q, %v", backup, err)
	}
	if to, err := os.Readlink("out.csv"); err != nil || to != "there/out.csv" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
}
