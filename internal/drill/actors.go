package drill

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"

	"github.com/goccy/go-yaml"

	"cloison"
	"cloison/internal/fakes/softkey"
)

// File is the YAML of a drill on an installation that the drill did not make: where to play, and as which people. It
// holds credentials of people who exist for the drill alone.
type File struct {
	Tool       string      `yaml:"tool"`                 // URL of the tool behind Cloison
	Bare       string      `yaml:"bare,omitempty"`       // URL of the tool without Cloison, when it can be reached
	SignUp     string      `yaml:"sign_up,omitempty"`    // the provider's sign-up page
	Mailbox    string      `yaml:"mailbox,omitempty"`    // a page that shows the last code sent to the address that is appended
	Persons    int64       `yaml:"persons"`              // files in the tool
	Communes   []string    `yaml:"communes"`             // what the search takes
	Manager    FileActor   `yaml:"manager"`              //
	Accomplice FileActor   `yaml:"accomplice,omitempty"` //
	Officer    FileActor   `yaml:"officer"`              //
	Victim     FileActor   `yaml:"victim,omitempty"`
	Witness    FileActor   `yaml:"witness,omitempty"`
	Rogues     []FileActor `yaml:"rogues"`
}

// FileActor is one of the people: the key is made in the drill, with an enrolment code that the operator issued.
type FileActor struct {
	Email    string `yaml:"email"`
	Password string `yaml:"password"`
	Code     string `yaml:"code,omitempty"`    // an unused enrolment code
	Answer   string `yaml:"answer,omitempty"`  // what the provider's own factor answers
	Subject  string `yaml:"subject,omitempty"` // the provider's name for a rogue
}

// ReadFile reads the YAML of a drill; unknown keys are Invalid.
func ReadFile(r io.Reader) (File, error) {
	var f File
	if err := yaml.NewDecoder(r, yaml.Strict()).Decode(&f); err != nil {
		return f, cloison.Errorf(cloison.Invalid, "reading the drill's file: %w", err)
	}
	return f, nil
}

// World turns the file into a world on that console. Actors with a code are enrolled there, each with a new software
// key.
func (f File) World(ctx context.Context, console string) (World, error) {
	w := World{Console: console, Tool: f.Tool, Bare: f.Bare, SignUp: f.SignUp, Persons: f.Persons, Communes: f.Communes}
	subjects := map[string]string{}
	for _, r := range f.Rogues {
		subjects[r.Email] = r.Subject
		w.Rogues = append(w.Rogues, f.actor(r))
	}
	w.Subject = func(email string) string { return subjects[email] }
	for _, a := range []struct {
		from FileActor
		to   *Actor
	}{{f.Manager, &w.Manager}, {f.Accomplice, &w.Accomplice}, {f.Officer, &w.Officer},
		{f.Victim, &w.Victim}, {f.Witness, &w.Witness}} {
		*a.to = f.actor(a.from)
		if a.from.Code == "" {
			continue
		}
		a.to.Key = softkey.New()
		if err := Enrol(ctx, console, *a.to, cloison.Secret(a.from.Code)); err != nil {
			return w, err
		}
	}
	return w, nil
}

func (f File) actor(a FileActor) Actor {
	actor := Actor{Email: a.Email, Password: cloison.Secret(a.Password)}
	switch {
	case a.Answer != "":
		actor.Mailbox = func(context.Context) (string, error) { return a.Answer, nil }
	case f.Mailbox != "":
		actor.Mailbox = func(ctx context.Context) (string, error) { return readMailbox(ctx, f.Mailbox+url.QueryEscape(a.Email)) }
	}
	return actor
}

func readMailbox(ctx context.Context, page string) (string, error) {
	p, err := newBrowser("", attackerAgent).call(ctx, http.MethodGet, page, nil)
	if err != nil {
		return "", err
	}
	code := regexp.MustCompile(`\b[0-9]{6}\b`).Find(p.body)
	if code == nil {
		return "", cloison.Errorf(cloison.NotFound, "reading the mailbox: it shows no code")
	}
	return string(code), nil
}

// Enrol signs in as an actor, uses an enrolment code and makes the passkey with the actor's key.
func Enrol(ctx context.Context, console string, who Actor, code cloison.Secret) error {
	b := newBrowser(console, "Mozilla/5.0 enrolment")
	if err := b.signIn(ctx, console, who); err != nil {
		return err
	}
	return b.enrol(ctx, console, code.Reveal(), who.Key)
}
