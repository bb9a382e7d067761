package fsutil

import (
	"errors"
	"io/fs"
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
		sum, err := f.Checksum()
		if err != nil {
			t.Fatal(err)
		}
		backup, err := f.CommitWithBackup(sum, isOurs)
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
	if backup, err := f.CommitWithBackup(Checksum{}, func(Checksum) bool { return false }); err != nil || filepath.Clean(backup) != "there/out.csv.bak" {
		t.Errorf("backup %q, %v", backup, err)
	}
	if to, err := os.Readlink("out.csv"); err != nil || to != "there/out.csv" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
}

// TestCommitKeepingAnEdit: a file that is edited when it has been looked at is kept.
func TestCommitKeepingAnEdit(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit func(path string) error
	}{
		{"in place", func(path string) error {
			f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteString(", edited")
			return errors.Join(err, f.Close())
		}},
		{"by another file", func(path string) error {
			return errors.Join(os.WriteFile(path+".new", []byte("ours, edited"), 0o666), os.Rename(path+".new", path))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out.csv")
			if err := os.WriteFile(path, []byte("ours"), 0o666); err != nil {
				t.Fatal(err)
			}
			f, err := CreateAtomic(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Abort()
			if _, err := f.Write([]byte("new")); err != nil {
				t.Fatal(err)
			}
			looks := 0
			ours, err := sumPath(path)
			if err != nil {
				t.Fatal(err)
			}
			backup, err := f.CommitWithBackup(Checksum{}, func(sum Checksum) bool {
				if looks++; looks == 1 {
					if err := tt.edit(path); err != nil {
						t.Fatal(err)
					}
				}
				return sum == ours
			})
			if err != nil || backup != path+".bak" {
				t.Fatalf("backup %q, %v", backup, err)
			}
			for name, want := range map[string]string{path: "new", backup: "ours, edited"} {
				if got, err := os.ReadFile(name); err != nil || string(got) != want {
					t.Errorf("%s holds %q, %v, want %q", name, got, err, want)
				}
			}
		})
	}
}

// TestRenameNew: a backup never takes the place of a file that another process made.
func TestRenameNew(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a", "b"} {
		if err := os.WriteFile(name, []byte(name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := renameNew("a", "b"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("to a file: %v", err)
	}
	if err := renameNew("a", "c"); err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile("c"); err != nil || string(got) != "a" {
		t.Errorf("c holds %q, %v", got, err)
	}
	if err := renameNew("gone", "d"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of no file: %v", err)
	}
	if _, err := os.Lstat("d"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the name stays taken: %v", err)
	}
}

func sumPath(path string) (Checksum, error) {
	f, err := os.Open(path)
	if err != nil {
		return Checksum{}, err
	}
	defer f.Close()
	return sumFile(f)
}
