package loader

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Members visits the files of an archive, in its order, under the names that
// Load gives them. It returns false when o is no archive. The body that visit
// gets is good until it returns; archives inside archives are visited as files.
func Members(ctx context.Context, src Source, o Object, visit func(m Object, body io.Reader) error) (bool, error) {
	body, err := src.Open(ctx, o)
	if err != nil {
		return false, fmt.Errorf("open: %w", err)
	}
	defer body.Close()
	form, whole, err := look(body)
	if err != nil || form == formatText {
		return false, err
	}
	return true, walk(form, whole, o.Size, "", func(m member) error {
		if ctx.Err() != nil || m.skip != "" {
			return ctx.Err()
		}
		r, err := m.open()
		if err != nil {
			return fmt.Errorf("read archive: %w", err)
		}
		err = visit(Object{Name: o.Name + "!" + m.name, Size: m.size, ModTime: m.mod}, r)
		return errors.Join(err, r.Close())
	})
}
