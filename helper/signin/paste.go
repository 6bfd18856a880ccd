package signin

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"credmint/helper/prompt"
)

// maxPastes is how often a person may paste; half an answer is easily copied.
const maxPastes = 3

// Paste is Wait for a browser on another machine: the person copies the answer from there. That is what the page shows, or
// the address that the browser could not reach. accept judges it as Wait's does; what it refuses is asked for again.
//
// Errors are a Final's Err, those of Ask, prompt.ErrNobody where Ask is nil, or accept's after the third time.
func (p *Person) Paste(ctx context.Context, text string, accept func(url.Values) error) (url.Values, error) {
	if p.Ask == nil {
		return nil, prompt.ErrNobody
	}
	for try := 1; ; try++ {
		pasted, err := p.Ask(ctx, text)
		if err != nil {
			return nil, err
		}
		fields, err := parsePasted(pasted)
		if err == nil {
			err = accept(fields)
		}
		var final *Final
		switch {
		case err == nil:
			return fields, nil
		case errors.As(err, &final):
			return nil, final.Err
		case try == maxPastes:
			return nil, fmt.Errorf("what was pasted is not the answer of this sign-in: %w", err)
		}
		_, _ = io.WriteString(p.Out, "credmint: this is not the answer of this sign-in: "+line(err.Error())+"; paste all of it\n")
	}
}

// parsePasted reads a query, the address that has one, or a query in base64, as AWS's sign-in shows it. Spaces and line
// ends in it are those of the window it was copied from.
func parsePasted(text string) (url.Values, error) {
	text = strings.Join(strings.Fields(text), "")
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		text = u.RawQuery
	} else if query, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "=")); err == nil {
		text = string(query)
	}
	fields, err := url.ParseQuery(text)
	if err != nil {
		return nil, errors.New("it has characters that an answer cannot have") // the error itself would repeat it
	}
	return fields, nil
}
