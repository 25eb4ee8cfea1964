package change

import "strings"

// aim gives an attempt that carries no parameters its target, from the text of
// the error. A target of another type than the call is about (the user of the
// key to be created) is said in brackets.
func (r *reader) aim(c *Change) {
	if !r.tried || len(c.Resources) > 0 {
		return
	}
	kind, id := target(r.ev.ErrorMessage)
	if !usable(id) {
		return
	}
	c.Resources = []string{id}
	if c.ResourceType == "" || kind == "" || kind == c.ResourceType {
		r.ids = c.Resources
		r.aimed = true
		if kind != "" {
			c.ResourceType = kind
		}
		return
	}
	c.ResourceType = kind
	words := split(kind[strings.LastIndexByte(kind, ':')+1:])
	r.aside = nounPhrase(words) + " " + NameOf(id)
}

// nouns are the words by which IAM names a target instead of by an ARN:
// "on resource: instance profile web".
var nouns = [...]struct{ word, kind string }{
	{"user ", "AWS::IAM::User"}, {"role ", "AWS::IAM::Role"}, {"group ", "AWS::IAM::Group"}, {"policy ", "AWS::IAM::ManagedPolicy"},
	{"instance profile ", "AWS::IAM::InstanceProfile"}, {"mfa ", "AWS::IAM::MFADevice"},
}

// target finds the resource named in an error message: after "on resource:",
// as an ARN, or as an identifier in quotes. The id is "" for none.
func target(msg string) (kind, id string) {
	if _, rest, ok := strings.Cut(msg, "on resource: "); ok {
		for _, n := range nouns {
			if name, ok := strings.CutPrefix(rest, n.word); ok {
				return n.kind, word(name)
			}
		}
		return concrete(word(rest))
	}
	if strings.Contains(msg, "User: ") { // the only name in it is the caller's
		return "", ""
	}
	if i := strings.Index(msg, "arn:aws"); i >= 0 {
		return concrete(word(msg[i:]))
	}
	_, rest, ok := strings.Cut(msg, "'")
	if id, _, closed := strings.Cut(rest, "'"); ok && closed && strings.ContainsAny(id, "-/.") && !strings.ContainsAny(id, " ,") {
		return "", id
	}
	return "", ""
}

// concrete drops targets that name no one thing: "*", "…:instance/*".
func concrete(id string) (kind, name string) {
	if strings.HasPrefix(id, "arn:aws:s3:::") {
		id = strings.TrimSuffix(id, "/*")
	}
	if strings.Contains(id, "*") {
		return "", ""
	}
	return TypeOf(id), id
}

// word is s up to the first space, without the quotes and full stop around it.
func word(s string) string {
	if i := strings.IndexAny(s, " \t\n,;"); i >= 0 {
		s = s[:i]
	}
	return strings.Trim(s, `"'().`)
}

// begin writes the verb: as done, as tried, or as tested by a dry run.
func (r *reader) begin(verb, base string) {
	switch {
	case r.probe():
		r.out.add("tested whether it may " + base)
	case r.tried:
		r.out.add("tried to " + base)
	default:
		r.out.add(verb)
	}
}

// end writes how an attempt or a probe came out.
func (r *reader) end() {
	if !r.tried {
		return
	}
	if r.aimed && !r.named {
		r.aside = NameOf(r.ids[0])
	}
	if r.aside != "" {
		r.out.add(" (" + cut(r.aside, maxValue) + ")")
	}
	r.out.trim()
	code := r.ev.ErrorCode
	switch {
	case isDryRun(code):
		code = "yes"
	case code == "" && r.ev.ErrorMessage != "":
		code = r.ev.ErrorMessage
	case code == "":
		code = "failed"
	}
	if room := maxLine - 60; len(r.out.buf) > room { // the outcome is never what gets cut off
		r.out.buf = append(r.out.buf[:len(cut(string(r.out.buf), room))], ellipsis...)
	}
	r.out.full = false
	r.out.add(": " + cut(code, 55))
}

// isDryRun reports whether an error code says that a dry run would have succeeded.
func isDryRun(code string) bool { return strings.HasSuffix(code, "DryRunOperation") }

// probe reports whether the call was a dry run.
func (r *reader) probe() bool {
	return r.tried && (isDryRun(r.ev.ErrorCode) || r.ev.Source == "ec2.amazonaws.com" && r.member(r.req, "dryRun").text() == "true")
}
