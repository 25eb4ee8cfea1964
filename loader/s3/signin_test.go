package s3

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"spoor/loader"
)

// A portal is what a profile signs in to: the access portal of IAM Identity Center
// and its OIDC service (AWS reference of both, restJson1), and STS. The SDK reaches
// it by the variables that it has for endpoints.
type portal struct {
	bearer string // the access token that is taken
	renew  string // the refresh token likewise
	refuse string // kind of the error with which GetRoleCredentials answers
	asked  url.Values
}

func (p *portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fail := func(status int, kind string) {
		w.Header().Set("X-Amzn-Errortype", kind)
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"message":"no","error":%q}`, kind)
	}
	switch r.URL.Path {
	case "/federation/credentials":
		q := r.URL.Query()
		switch {
		case r.Header.Get("X-Amz-Sso_bearer_token") != p.bearer:
			fail(401, "UnauthorizedException")
		case p.refuse != "" || q.Get("account_id") != "111122223333" || q.Get("role_name") != "Reader":
			fail(403, p.refuse)
		default:
			fmt.Fprintf(w, `{"roleCredentials":{"accessKeyId":"ASIASSO","secretAccessKey":"s","sessionToken":"token-of-portal","expiration":%d}}`, time.Now().Add(time.Hour).UnixMilli())
		}
	case "/token":
		var in struct{ RefreshToken, GrantType string }
		if json.NewDecoder(r.Body).Decode(&in) != nil || in.GrantType != "refresh_token" || in.RefreshToken != p.renew {
			fail(400, "InvalidGrantException")
			return
		}
		fmt.Fprintf(w, `{"accessToken":%q,"expiresIn":3600,"refreshToken":"next","tokenType":"Bearer"}`, p.bearer)
	default:
		if err := r.ParseForm(); err != nil {
			fail(400, err.Error())
			return
		}
		p.asked = r.PostForm
		fmt.Fprint(w, assumed)
	}
}

// A token is a file that aws sso login leaves behind.
type token struct {
	AccessToken  string    `json:"accessToken"`
	ExpiresAt    time.Time `json:"expiresAt"`
	RefreshToken string    `json:"refreshToken,omitempty"`
	ClientID     string    `json:"clientId,omitempty"`
	ClientSecret string    `json:"clientSecret,omitempty"`
}

// home is the home of somebody with AWS profiles, whose SDK signs in to p. The
// environment is the whole process's: such tests are not parallel.
func home(t *testing.T, p *portal, profiles string, tokens map[string]token) {
	t.Helper()
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	dir := t.TempDir()
	cache := filepath.Join(dir, ".aws", "sso", "cache")
	if err := os.MkdirAll(cache, 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(dir, ".aws", "config"), []byte(profiles))
	for name, tok := range tokens {
		data, err := json.Marshal(tok)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha1.Sum([]byte(name))
		write(filepath.Join(cache, hex.EncodeToString(sum[:])+".json"), data)
	}
	for _, name := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		t.Setenv(name, filepath.Join(dir, ".aws", "config"))
	}
	for name, value := range map[string]string{"HOME": dir, "USERPROFILE": dir, "AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": "", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "",
		"AWS_ENDPOINT_URL_SSO": srv.URL, "AWS_ENDPOINT_URL_SSO_OIDC": srv.URL, "AWS_ENDPOINT_URL_STS": srv.URL} {
		t.Setenv(name, value)
	}
}

const ssoProfiles = `[profile old]
sso_start_url = https://corp.awsapps.com/start
sso_region = us-east-1
sso_account_id = 111122223333
sso_role_name = Reader
[profile new]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Reader
[sso-session corp]
sso_region = us-east-1
sso_start_url = https://corp.awsapps.com/start
sso_registration_scopes = sso:account:access
`

// profile opens the bucket as the user of a profile does.
func (f *fake) profile(t *testing.T, name string) *Source {
	t.Helper()
	opt := f.options()
	opt.creds, opt.Profile = nil, name
	s, err := Open(t.Context(), "s3://"+bucket, opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// An SSO profile works while its sign-in does, in the file format of either
// generation of the command line, and renews it when it may.
func TestSingleSignOn(t *testing.T) {
	const start = "https://corp.awsapps.com/start"
	soon, past := time.Now().Add(time.Hour).UTC(), time.Now().Add(-time.Hour).UTC()
	over := "the sign-in of the SSO profile has expired"
	for name, c := range map[string]struct {
		profile string
		tokens  map[string]token
		refuse  string
		want    string // of the error; "" is none
	}{
		"signed in":              {profile: "old", tokens: map[string]token{start: {AccessToken: "good", ExpiresAt: soon}}},
		"signed in, as session":  {profile: "new", tokens: map[string]token{"corp": {AccessToken: "good", ExpiresAt: soon}}},
		"renewed":                {profile: "new", tokens: map[string]token{"corp": {AccessToken: "stale", ExpiresAt: past, RefreshToken: "renew", ClientID: "c", ClientSecret: "s"}}},
		"not to be renewed":      {profile: "new", tokens: map[string]token{"corp": {AccessToken: "stale", ExpiresAt: past, RefreshToken: "spent", ClientID: "c", ClientSecret: "s"}}, want: over},
		"over":                   {profile: "old", tokens: map[string]token{start: {AccessToken: "good", ExpiresAt: past}}, want: over},
		"over, as session":       {profile: "new", tokens: map[string]token{"corp": {AccessToken: "good", ExpiresAt: past}}, want: over},
		"never signed in":        {profile: "old", want: over},
		"never, as session":      {profile: "new", want: over},
		"signed out elsewhere":   {profile: "new", tokens: map[string]token{"corp": {AccessToken: "revoked", ExpiresAt: soon}}, want: over},
		"role taken away":        {profile: "new", tokens: map[string]token{"corp": {AccessToken: "good", ExpiresAt: soon}}, refuse: "ForbiddenException", want: "the role of the SSO profile is not assigned to you"},
		"role taken away, older": {profile: "old", tokens: map[string]token{start: {AccessToken: "good", ExpiresAt: soon}}, refuse: "ForbiddenException", want: "the role of the SSO profile is not assigned to you"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, map[string]string{key: "content"})
			home(t, &portal{bearer: "good", renew: "renew", refuse: c.refuse}, ssoProfiles, c.tokens)
			got, err := get(t.Context(), f.profile(t, c.profile), key)
			if c.want != "" {
				if e := (*Error)(nil); !errors.As(err, &e) || !strings.Contains(e.Error(), c.want) || e.Hint == "" || len(f.seen()) > 0 {
					t.Errorf("error %v after %d calls of S3, want %q and none", err, len(f.seen()), c.want)
				}
				return
			}
			if err != nil || got != "content" {
				t.Fatalf("%q, %v", got, err)
			}
			signedBy(t, f, "ASIASSO", "token-of-portal")
		})
	}
}

// signedBy checks who signed the calls.
func signedBy(t *testing.T, f *fake, key, token string) {
	t.Helper()
	for _, r := range f.seen() {
		if !strings.Contains(r.Header.Get("Authorization"), "Credential="+key+"/") || r.Header.Get("X-Amz-Security-Token") != token {
			t.Errorf("%s is signed as %q with the token %q", r.URL, r.Header.Get("Authorization"), r.Header.Get("X-Amz-Security-Token"))
		}
	}
}

// A profile may name a role with an external id and a second factor: its code is
// asked for by SignIn, once.
func TestRoleOfAProfile(t *testing.T) {
	const serial = "arn:aws:iam::111122223333:mfa/alice"
	f := newFake(t, map[string]string{key: "content"})
	p := &portal{}
	home(t, p, `[profile base]
aws_access_key_id = AKIABASE
aws_secret_access_key = s
[profile reader]
role_arn = arn:aws:iam::111122223333:role/reader
external_id = ext-42
mfa_serial = `+serial+`
source_profile = base
`, nil)
	t.Setenv("AWS_ENDPOINT_URL_S3", f.url) // STS is elsewhere
	opt := f.options()
	opt.creds, opt.Profile, opt.Endpoint = nil, "reader", ""
	codes := []string{"123456"}
	opt.MFAToken = func(of string) (string, error) {
		if of != serial || len(codes) == 0 {
			return "", fmt.Errorf("asked for a code of %q", of)
		}
		code := codes[0]
		codes = codes[1:]
		return code, nil
	}
	s, err := Open(t.Context(), "s3://"+bucket, opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got, err := get(t.Context(), s, key); err != nil || got != "content" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	signedBy(t, f, "ASIAROLE", "token-of-role")
	for name, want := range map[string]string{"Action": "AssumeRole", "ExternalId": "ext-42", "SerialNumber": serial, "TokenCode": "123456"} {
		if got := p.asked.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// lists checks how many objects a source lists.
func lists(t *testing.T, s *Source, want int) {
	t.Helper()
	if keys, others := names(t, s, loader.Scope{}); len(keys) != want || others != nil {
		t.Errorf("listed %v and %v, want %d objects", keys, others, want)
	}
}

// Whoever pays says so with every call, and whoever does not never does.
func TestRequesterPays(t *testing.T) {
	t.Parallel()
	for _, pays := range []bool{true, false} {
		f := newFake(t, map[string]string{key: "content", "more/" + key: "content"})
		opt := f.options()
		opt.RequesterPays = pays
		s, err := Open(t.Context(), "s3://"+bucket, opt)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := get(t.Context(), s, key); err != nil || got != "content" {
			t.Fatalf("%q, %v", got, err)
		}
		want := ""
		if pays {
			want = "requester"
		}
		lists(t, s, 2)
		if _, err := s.Versions(t.Context(), s.url(key)); err != nil {
			t.Error(err)
		}
		if len(f.seen()) < 4 {
			t.Errorf("only %d calls", len(f.seen()))
		}
		for _, r := range f.seen() {
			if got := r.Header.Get("X-Amz-Request-Payer"); got != want {
				t.Errorf("%s %s: payer %q, want %q", r.Method, r.URL, got, want)
			}
		}
	}
}

// Without credentials nothing is signed, even where there are some.
func TestAnonymousSignsNothing(t *testing.T) {
	t.Parallel()
	f := newFake(t, map[string]string{key: "content"})
	opt := f.options()
	opt.Anonymous, opt.RoleARN = true, "arn:aws:iam::111122223333:role/reader"
	s, err := Open(t.Context(), "s3://"+bucket, opt)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := get(t.Context(), s, key); err != nil || got != "content" {
		t.Fatalf("%q, %v", got, err)
	}
	lists(t, s, 1)
	for _, r := range f.seen() {
		if r.Method != http.MethodGet || r.Header.Get("Authorization") != "" || r.URL.Query().Has("X-Amz-Signature") {
			t.Errorf("%s %s is signed", r.Method, r.URL)
		}
	}
}
