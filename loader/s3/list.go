package s3

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"spoor/loader"
	"spoor/loader/cloudtrail"
)

// listers is how many listings run at once.
const listers = 16

// A folder is a prefix that is being listed.
type folder struct {
	prefix string
	level  level
	split  bool    // list what is in it folder by folder, whatever its level
	after  string  // key to begin after, "" for the first
	until  string  // key to end before, "" for the last
	token  *string // of the next page
	day    string  // how far it has been listed, YYYYMMDD
	seq    int
}

// A page is one answer: objects, folders to go on with, and what was left out.
type page struct {
	objects []loader.Object
	folders []folder
	skipped []string // folders that hold something else
	found   bool     // there was anything, whether in the scope or not
	at      string   // prefix, for err
	err     error
}

// Objects lists the source. Folders that lead to regions are listed with a
// delimiter, regions key by key; the region that is furthest behind goes first,
// so that objects come roughly in order of days. A prefix names a folder or an
// object; where there is neither, it is taken as the beginning of names.
func (s *Source) Objects(ctx context.Context, scope loader.Scope) iter.Seq2[loader.Object, error] {
	return func(yield func(loader.Object, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		l := &listing{Source: s, scope: scope}
		l.first, l.last = scope.Days()
		prefix := l.root(ctx)
		todo := newAgenda(folder{prefix: prefix, level: levelOf(prefix), split: true})
		pages, join := todo.run(ctx, listers, l.page)
		defer join()
		defer cancel()
		found := false
		for p := range pages {
			found = found || p.found
			if !l.deliver(ctx, p, yield) {
				return
			}
		}
		if err := l.nothing(ctx, found); err != nil {
			yield(loader.Object{Name: s.String()}, err)
		}
	}
}

// A listing is one run of Objects.
type listing struct {
	*Source
	scope       loader.Scope
	first, last string // delivery days, "" for open
}

func (l *listing) deliver(ctx context.Context, p page, yield func(loader.Object, error) bool) bool {
	if ctx.Err() != nil {
		return false
	}
	if p.err != nil && !yield(loader.Object{Name: l.url(p.at)}, p.err) {
		return false
	}
	for _, name := range p.skipped {
		if !yield(loader.Object{Name: l.url(name)}, &loader.SkipError{Reason: "a folder without CloudTrail logs, not listed"}) {
			return false
		}
	}
	for _, o := range p.objects {
		if ctx.Err() != nil || l.scope.Holds(o.Name) && !yield(o, nil) {
			return false
		}
	}
	return true
}

// root is the prefix to begin with: the folder of that name if there is one, so
// that s3://bucket/logs is not also s3://bucket/logs-of-others.
func (l *listing) root(ctx context.Context) string {
	if l.prefix == "" || strings.HasSuffix(l.prefix, "/") {
		return l.prefix
	}
	in := &s3.ListObjectsV2Input{Bucket: &l.bucket, Prefix: aws.String(l.prefix + "/"), MaxKeys: aws.Int32(1), RequestPayer: l.payer()}
	inside := false
	err := l.call(ctx, "list", l.prefix, func(c *s3.Client) error {
		out, err := c.ListObjectsV2(ctx, in)
		inside = err == nil && len(out.Contents) > 0
		return err
	})
	if err == nil && inside {
		return l.prefix + "/"
	}
	return l.prefix // the listing itself will meet the error again, if any
}

// page lists one page of a folder.
func (l *listing) page(ctx context.Context, f folder) page {
	in := &s3.ListObjectsV2Input{
		Bucket: &l.bucket, Prefix: &f.prefix, ContinuationToken: f.token, RequestPayer: l.payer(),
		EncodingType: types.EncodingTypeUrl, // names may hold bytes that XML can't
	}
	if f.level != levelKeys || f.split {
		in.Delimiter = aws.String("/")
	}
	if f.after != "" {
		in.StartAfter = &f.after
	}
	var out *s3.ListObjectsV2Output
	err := l.call(ctx, "list", f.prefix, func(c *s3.Client) (err error) {
		out, err = c.ListObjectsV2(ctx, in)
		return err
	})
	if err != nil {
		return page{at: f.prefix, err: err, found: true}
	}
	p := page{at: f.prefix, found: len(out.Contents) > 0 || len(out.CommonPrefixes) > 0}
	plain := out.EncodingType != types.EncodingTypeUrl
	if p.err = l.fill(&p, f, out, plain); p.err != nil {
		return p
	}
	if out.NextContinuationToken != nil && aws.ToBool(out.IsTruncated) && !ended(f, p) {
		f.token = out.NextContinuationToken
		if n := len(p.objects); n > 0 {
			if k, ok := cloudtrail.ParseKey(p.objects[n-1].Name); ok && !k.Day.IsZero() {
				f.day = k.Day.Format("20060102")
			}
		}
		p.folders = append(p.folders, f)
	}
	return p
}

// fill reads an answer into a page.
func (l *listing) fill(p *page, f folder, out *s3.ListObjectsV2Output, plain bool) error {
	for _, c := range out.Contents {
		key, err := decodeKey(aws.ToString(c.Key), plain)
		if err != nil {
			return fmt.Errorf("list %s: %w", l.url(f.prefix), err)
		}
		size := aws.ToInt64(c.Size)
		switch {
		case size == 0 && strings.HasSuffix(key, "/"):
			continue // what consoles make to show an empty folder
		case f.until != "" && key >= f.until:
			continue
		}
		p.objects = append(p.objects, loader.Object{
			Name: l.url(key), Size: size, ETag: strings.Trim(aws.ToString(c.ETag), `"`),
			ModTime: aws.ToTime(c.LastModified).UTC(), Class: string(c.StorageClass),
		})
	}
	for _, c := range out.CommonPrefixes {
		name, err := decodeKey(aws.ToString(c.Prefix), plain)
		if err != nil {
			return fmt.Errorf("list %s: %w", l.url(f.prefix), err)
		}
		switch child, keep := l.descend(name); {
		case keep == wanted:
			p.folders = append(p.folders, child)
		case keep == foreign:
			p.skipped = append(p.skipped, name)
		}
	}
	return nil
}

// ended reports whether the rest of a folder is past the last day.
func ended(f folder, p page) bool {
	return f.until != "" && len(p.objects) == 0
}

func decodeKey(s string, plain bool) (string, error) {
	if plain {
		return s, nil
	}
	return url.QueryUnescape(s)
}

// nothing explains an empty listing: often the prefix is not quite right.
func (l *listing) nothing(ctx context.Context, found bool) error {
	if found || ctx.Err() != nil || l.prefix == "" {
		return nil
	}
	near, names := l.neighbours(ctx)
	e := &Error{Op: "list", Bucket: l.bucket, Key: l.prefix, Cause: errNothing}
	e.Hint = "trails write to s3://bucket/[prefix/]AWSLogs/[o-organization/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/"
	if len(names) > 0 {
		e.Hint = "in " + l.url(near) + " there are " + strings.Join(names, ", ")
	}
	return e
}

// neighbours lists the nearest folder above the prefix that has anything in it.
func (l *listing) neighbours(ctx context.Context) (near string, names []string) {
	for near = strings.TrimSuffix(l.prefix, "/"); near != ""; {
		near = near[:strings.LastIndexByte(near, '/')+1]
		p := l.page(ctx, folder{prefix: near, level: levelOutside})
		for _, f := range p.folders {
			if f.token == nil && len(names) < 8 {
				names = append(names, strings.TrimPrefix(f.prefix, near))
			}
		}
		if len(names) > 0 || len(p.objects) > 0 || p.err != nil {
			return near, names
		}
		near = strings.TrimSuffix(near, "/")
	}
	return near, nil
}

// Since is the source narrowed to what was delivered since t. It is no Coverer:
// what it does not list may be there.
func (s *Source) Since(t time.Time) loader.Source { return recent{s, t} }

type recent struct {
	src   *Source
	since time.Time
}

func (r recent) String() string { return r.src.String() }
func (r recent) Streams() int   { return r.src.Streams() }

func (r recent) Objects(ctx context.Context, scope loader.Scope) iter.Seq2[loader.Object, error] {
	if scope.Since.Before(r.since) {
		scope.Since = r.since
	}
	return r.src.Objects(ctx, scope)
}

func (r recent) Open(ctx context.Context, o loader.Object) (io.ReadCloser, error) {
	return r.src.Open(ctx, o)
}
