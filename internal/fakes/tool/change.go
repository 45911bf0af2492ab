package tool

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"cloison/internal/demo/network"
)

// addNote keeps an agent's free text on a file.
func (t *Tool) addNote(w http.ResponseWriter, r *http.Request) {
	i, ok := t.network.ByID(r.PathValue("id"))
	if !ok {
		t.problem(w, r, http.StatusNotFound, "Dossier introuvable", "Aucun dossier ne porte ce numéro.")
		return
	}
	var in struct {
		Text string `json:"texte"`
	}
	if !t.read(w, r, &in) {
		return
	}
	if in.Text = strings.TrimSpace(in.Text); in.Text == "" || utf8.RuneCountInString(in.Text) > maxNoteRunes {
		t.problem(w, r, http.StatusBadRequest, "Note refusée", "Une note a de 1 à 2 000 caractères.")
		return
	}
	added := note{At: t.opts.Now().UTC(), Text: in.Text}
	t.mu.Lock()
	t.notes[i] = append(t.notes[i], added)
	count := len(t.notes[i])
	t.mu.Unlock()
	t.answer(w, r, http.StatusCreated, map[string]int{"notes": count}, 0)
}

// transfer moves files into an agent's caseload. Whoever asks is believed: a thief who holds a manager's account makes
// explanations for an accomplice so.
func (t *Tool) transfer(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Agent   string   `json:"agent"`
		Persons []string `json:"persons"`
	}
	if !t.read(w, r, &in) {
		return
	}
	if in.Agent == "" || len(in.Persons) == 0 || len(in.Persons) > maxTransfer {
		t.problem(w, r, http.StatusBadRequest, "Transfert refusé", "Il faut un agent et de 1 à 1 000 dossiers.")
		return
	}
	now := t.opts.Now().UTC()
	moves := make([]transfer, 0, len(in.Persons))
	for _, id := range in.Persons {
		i, ok := t.network.ByID(id)
		if !ok {
			t.problem(w, r, http.StatusBadRequest, "Transfert refusé", "Un des dossiers n’existe pas ; aucun n’est transféré.")
			return
		}
		moves = append(moves, transfer{in.Agent, i, now})
	}
	t.mu.Lock()
	t.transfers = append(t.transfers, moves...)
	t.moved[in.Agent] = append(t.moved[in.Agent], moves...)
	for _, m := range moves {
		t.holders[m.person] = m.agent
	}
	t.mu.Unlock()
	t.answer(w, r, http.StatusOK, map[string]int{"transferes": len(moves)}, 0)
}

// held returns the persons that an agent accompanies: by the network, unless moved to somebody else since, and by
// moves.
func (t *Tool) held(sub string) []int {
	var numbers []int
	t.mu.RLock()
	defer t.mu.RUnlock()
	if agent, ok := t.subs[sub]; ok {
		for _, l := range t.network.Caseload(agent) {
			if holder, moved := t.holders[l.Person]; l.Until.IsZero() && (!moved || holder == sub) {
				numbers = append(numbers, l.Person)
			}
		}
	}
	for _, m := range t.moved[sub] {
		if t.holders[m.person] == sub {
			numbers = append(numbers, m.person)
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// transferFeed writes the moves as lines of a caseload import. An agent whom the network does not know is taken for one
// of ProConnect Identité, where whoever has a mailbox can have an account.
func (t *Tool) transferFeed(w http.ResponseWriter, r *http.Request) {
	t.mu.RLock()
	moves := slices.Clone(t.transfers)
	t.mu.RUnlock()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	for _, m := range moves {
		line := struct {
			IdP    string `json:"idp"`
			Sub    string `json:"sub"`
			Person string `json:"person"`
			Since  string `json:"since"`
		}{IdP: network.IdentiteProvider, Sub: m.agent, Person: t.network.ID(m.person), Since: m.at.Format(time.RFC3339)}
		if i, ok := t.subs[m.agent]; ok {
			line.IdP = t.network.Agent(i).IdP
		}
		if err := enc.Encode(line); err != nil {
			t.warn(r.Context(), "feed not encoded", err)
			return
		}
	}
	w.Header().Set("Content-Type", "application/jsonl")
	if _, err := w.Write(out.Bytes()); err != nil {
		t.warn(r.Context(), "feed not written", err)
	}
}

// read decodes a JSON body; it has answered when it returns false.
func (t *Tool) read(w http.ResponseWriter, r *http.Request, into any) bool {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.problem(w, r, http.StatusBadRequest, "Demande illisible",
			fmt.Sprintf("Le corps doit être un document JSON de moins de %d Kio.", maxBody>>10))
		return false
	}
	return true
}
