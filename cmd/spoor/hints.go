package main

import (
	"errors"
	"fmt"

	"spoor/query/store"
)

// storeHint says what to do about the errors of a case.
func storeHint(err error) string {
	var locked *store.LockedError
	var version *store.VersionError
	switch {
	case errors.As(err, &locked):
		return "one process at a time can open a case: end the other spoor, or use another case with -c NAME.spoor"
	case errors.As(err, &version):
		return fmt.Sprintf("a newer spoor wrote it (format %d, this one knows %d): use that one, or load the logs into a new case", version.Have, version.Know)
	case errors.Is(err, store.ErrNotFound):
		return "spoor case list shows the cases there are; spoor load SOURCE -c NAME.spoor makes one"
	case errors.Is(err, store.ErrNotCase):
		return "a case is a folder that spoor made, NAME.spoor; to load a folder of logs name it as a SOURCE, without -c"
	case errors.Is(err, store.ErrNotWritable):
		return "a case is written to while it is open: copy it to where you may write, or choose another with -c"
	case errors.Is(err, store.ErrNoSession):
		return "spoor sessions lists them; ids change when --idle does"
	case errors.Is(err, store.ErrNoLabels):
		return "cases of that version can't be made anew: load the logs into a new case with -c NAME.spoor, or remove this one and load them again"
	case errors.Is(err, store.ErrDamaged):
		return "run the same command again: it makes the database anew from the objects in the case, nothing is lost"
	case errors.Is(err, store.ErrDiskFull):
		return "free some space and run the same command again: it goes on where it stopped"
	}
	return ""
}
