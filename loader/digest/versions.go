package digest

import (
	"context"
	"encoding/hex"
	"strings"

	"spoor/loader"
)

// Looking into versions costs a listing and a read each, so it ends where
// whoever reads the report has long seen what happened.
const (
	mostRecovered = 1000 // objects
	mostVersions  = 20   // of each
)

// lookBack looks whether the bucket still holds what missing and invalid objects
// were: an older version whose hash a digest recorded, and when it was deleted
// or overwritten. A bucket that does not tell says nothing.
func (c *check) lookBack(ctx context.Context) error {
	var old []loader.Versioned
	for _, src := range c.remote {
		if v, ok := src.(loader.Versioned); ok {
			old = append(old, v)
		}
	}
	var todo []int
	for i, o := range c.report.Objects {
		if (o.Verdict == Missing || o.Verdict == Invalid) && o.Recorded != "" && len(todo) < mostRecovered {
			todo = append(todo, i)
		}
	}
	if len(old) == 0 {
		return nil
	}
	return c.each(ctx, len(todo), func(ctx context.Context, h *hasher, k int) error {
		o := &c.report.Objects[todo[k]]
		for _, src := range old {
			for _, name := range c.inv.elsewhere(o.Name) {
				if said := lookBackAt(ctx, h, src, name, o.Recorded); said != "" {
					o.Detail += "; " + said
					return ctx.Err()
				}
			}
		}
		return ctx.Err()
	})
}

// lookBackAt says what the versions of an object tell, "" for nothing.
func lookBackAt(ctx context.Context, h *hasher, src loader.Versioned, name, recorded string) string {
	list, err := src.Versions(ctx, name)
	if err != nil || len(list) == 0 {
		return ""
	}
	said := ""
	if list[0].Deleted {
		said = "it was deleted at " + stamp(list[0].Modified)
	}
	for i, v := range list[:min(len(list), mostVersions)] {
		if v.Deleted {
			continue
		}
		r, err := src.OpenVersion(ctx, name, v.ID)
		if err != nil {
			continue
		}
		hash, err := h.read(ctx, &counter{r: r}, maxLog, nil)
		r.Close()
		if err != nil || !strings.EqualFold(hex.EncodeToString(hash.SHA256[:]), recorded) {
			continue
		}
		found := "the original is there as version " + v.ID
		if i > 0 && !list[i-1].Deleted {
			found += ", overwritten at " + stamp(list[i-1].Modified)
		}
		return strings.TrimPrefix(said+"; "+found, "; ")
	}
	return said
}
