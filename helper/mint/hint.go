package mint

import (
	"strings"
	"time"

	"credmint/helper"
	"credmint/helper/shellword"
)

// fill puts words in the place of their names in braces. What stands between backticks is to be typed, so the words there are
// quoted as a shell needs it.
func fill(text string, word func(name string) string) string {
	var b strings.Builder
	typed := false
	for {
		before, rest, found := strings.Cut(text, "{")
		typed = typed != (strings.Count(before, "`")%2 == 1)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		if word := word(name); typed {
			b.WriteString(shellword.Argument(word))
		} else {
			b.WriteString(word)
		}
		text = after
	}
}

// word is what a name in a hint stands for: a part of AWS's message, something of the profile, else a setting.
func (e *Error) word(name string) string {
	switch name {
	case "operation":
		return e.Operation
	case "proof":
		return e.proofNote()
	case "clock":
		return clockOff(e.Message)
	case "caller":
		return between(e.Message, "User: ", " is not authorized", "the caller")
	case "action":
		return between(e.Message, "perform: ", " ", "it")
	case "resource":
		return between(e.Message, "on resource: ", " ", "it")
	}
	if e.profile == nil {
		return name
	}
	return profileWord(e.profile, name)
}

// profileWord is what a name in a hint stands for, of a profile: a setting says where it stands, or belongs.
func profileWord(p *helper.Profile, name string) string {
	switch name {
	case "profile":
		return p.Name
	case "key": // the profile that the chain begins with
		links := p.Links()
		return links[len(links)-1].Name
	case "source":
		return p.Source.Name
	case "account":
		return helper.AccountOf(p.RoleARN)
	case "region":
		return p.Client.Region
	case "region_setting":
		name = "region"
	case "device":
		return p.MFASerial
	case "token":
		if in, ok := p.Inputs.(*helper.WebIdentityToken); ok {
			return origin(in)
		}
	}
	return settingPlace(p, name)
}

// between is what stands between two texts in a message.
func between(message, before, after, otherwise string) string {
	_, rest, found := strings.Cut(message, before)
	text, _, _ := strings.Cut(rest, after)
	if !found || text == "" {
		return otherwise
	}
	return text
}

// clockOff is how far this machine's clock is off, by AWS's refusal of a signature: "Signature expired: SIGNED is now earlier
// than EARLIEST (NOW - 15 min.)".
func clockOff(message string) string {
	const compact = "20060102T150405Z"
	var times []time.Time
	for _, word := range strings.FieldsFunc(message, func(c rune) bool { return c == ' ' || c == '(' }) {
		if at, err := time.Parse(compact, word); err == nil {
			times = append(times, at)
		}
	}
	if len(times) != 3 {
		return "wrong"
	}
	if behind := times[2].Sub(times[0]); behind > 0 {
		return behind.String() + " behind AWS's"
	}
	return times[0].Sub(times[2]).String() + " ahead of AWS's"
}
