package query

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// Accounts are names that people gave to AWS accounts, by account id. They live
// in files accounts.toml, a line each:
//
//	"111122223333" = "production"
//
// The user's own holds for all cases, the one in a case for that case and before
// it. Names are for reading: what is copied, exported or kept stays the id.
type Accounts map[string]string

// Label is how people see an account: its name, else its id.
func (a Accounts) Label(id string) string {
	if name := a[id]; name != "" {
		return name
	}
	return id
}

// Full is the name with the id behind it, or the id alone.
func (a Accounts) Full(id string) string {
	if name := a[id]; name != "" {
		return name + " (" + id + ")"
	}
	return id
}

// Over returns the names of both, a's own before those of others.
func (a Accounts) Over(others Accounts) Accounts {
	all := maps.Clone(others)
	if all == nil {
		all = Accounts{}
	}
	maps.Copy(all, a)
	return all
}

// maxAccounts bounds what is read of a file of names, in bytes; maxAccountName a
// name, in characters.
const (
	maxAccounts    = 1 << 20
	maxAccountName = 200
)

// CheckAccount says what is wrong with the name of an account, nil for nothing.
func CheckAccount(id, name string) error {
	switch {
	case len(id) != 12 || strings.Trim(id, "0123456789") != "":
		return fmt.Errorf("%q is no account id: those have twelve digits", id)
	case utf8.RuneCountInString(name) > maxAccountName:
		return fmt.Errorf("the name of account %s is longer than %d characters", id, maxAccountName)
	case strings.TrimSpace(name) != name || strings.ContainsFunc(name, unicode.IsControl) || !utf8.ValidString(name):
		return fmt.Errorf("the name of account %s must be one line, without blanks around it", id)
	}
	return nil
}

// ReadAccounts reads a file of names. Mistakes are errors with line and column
// where TOML is broken, else with the account.
func ReadAccounts(r io.Reader) (Accounts, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxAccounts+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxAccounts {
		return nil, errors.New("the file is larger than 1 MiB")
	}
	var a Accounts
	if err := toml.Unmarshal(text, &a); err != nil {
		return nil, tomlError(err)
	}
	for _, id := range slices.Sorted(maps.Keys(a)) {
		if err := CheckAccount(id, a[id]); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// WriteAccounts writes a file of names, sorted by id.
func WriteAccounts(w io.Writer, a Accounts) error {
	var b bytes.Buffer
	if err := toml.NewEncoder(&b).Encode(map[string]string(a)); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}
