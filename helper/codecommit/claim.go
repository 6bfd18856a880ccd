package codecommit

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"credmint/helper"
)

// ClaimSetting is the setting of a profile in ~/.aws/config by which it claims repositories: it is the profile that signs
// for those whose names match one of its patterns, which stand in one line, separated by spaces or commas.
//
//	[profile platform]
//	credmint_codecommit_profile = platform-* shared eu-west-1/infra-?
//
// In a pattern "*" stands for any letters and "?" for one; all else stands for itself, and upper and lower case differ, as
// in the names of repositories. A region before a "/" makes it a claim in that region only.
//
// Of the claims that match, the most exact wins: a whole name before a pattern, then the one with more letters that are no
// wildcard, then one with a region before one without. Two profiles that claim a repository equally well are an error,
// since either might be the wrong one.
const ClaimSetting = "credmint_codecommit_profile"

// Claim is the setting as a profile has it.
type Claim struct {
	Profile string
	helper.Setting
}

func (c Claim) where() string { return fmt.Sprintf("%s:%d", c.File, c.Line) }

// pattern is one word of a claim.
type pattern struct{ region, glob string }

func (c Claim) patterns() ([]pattern, error) {
	var patterns []pattern
	for _, word := range strings.FieldsFunc(c.Value, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' }) {
		region, glob, qualified := strings.Cut(word, "/")
		if !qualified {
			region, glob = "", word
		}
		if qualified && !isRegion(region) || !only(glob, isPattern) {
			return nil, fmt.Errorf("%s: %s: %.100q is no pattern of repositories: write a name, with * and ? where you like, "+
				"or REGION/ before it", c.where(), ClaimSetting, word)
		}
		patterns = append(patterns, pattern{region, glob})
	}
	return patterns, nil
}

func isPattern(b byte) bool { return isRepositoryByte(b) || b == '*' || b == '?' }

func (p pattern) matches(t Target, region string) bool {
	ok, _ := path.Match(p.glob, t.Repository) // it has no character that Match could refuse
	return ok && t.Repository != "" && (p.region == "" || p.region == region)
}

// rank is how exact a pattern is. Names have 100 letters at most.
func (p pattern) rank() int {
	rank := 2 * (len(p.glob) - strings.Count(p.glob, "*") - strings.Count(p.glob, "?"))
	if !strings.ContainsAny(p.glob, "*?") {
		rank += 1000
	}
	if p.region != "" {
		rank++
	}
	return rank
}

func (p pattern) String() string {
	if p.region != "" {
		return p.region + "/" + p.glob
	}
	return p.glob
}

// bid is a claim and the most exact of its patterns that matches; its rank is negative where none does.
type bid struct {
	Claim
	pattern pattern
	rank    int
}

func (b bid) String() string {
	if b.rank < 0 {
		return fmt.Sprintf("%s: %s does not match", b.where(), ClaimSetting)
	}
	return fmt.Sprintf("%s: %s claims the repository as %s", b.where(), ClaimSetting, b.pattern)
}

// best is the profile, of those that may be chosen, that claims the repository best.
func (c Chooser) best(t Target, may func(profile string) bool) (Choice, error) {
	bids, err := c.bids(t, may)
	if err != nil {
		return Choice{}, err
	}
	if len(bids) == 0 {
		return passed(ClaimSetting, "no profile has it"), nil
	}
	var out Choice
	best := slices.MaxFunc(bids, func(a, b bid) int { return a.rank - b.rank })
	if best.rank >= 0 {
		out = Choice{Profile: best.Profile, Why: best.String()}
	}
	for _, b := range bids {
		switch {
		case b.rank < 0:
			out.PassedOver = append(out.PassedOver, Candidate{"profile " + b.Profile, b.String()})
		case b.rank < best.rank:
			out.PassedOver = append(out.PassedOver, Candidate{"profile " + b.Profile, b.String() + ", less exactly"})
		case b.Profile != best.Profile:
			return Choice{}, fmt.Errorf("two profiles claim the repository %q equally: %s; %s", t.Repository, best, b)
		}
	}
	return out, nil
}

func (c Chooser) bids(t Target, may func(profile string) bool) ([]bid, error) {
	claims, err := c.Profiles.Claims()
	if err != nil {
		return nil, err
	}
	var bids []bid
	for _, claim := range claims {
		if !may(claim.Profile) {
			continue
		}
		b, err := c.bid(claim, t)
		if err != nil {
			return nil, err
		}
		bids = append(bids, b)
	}
	return bids, nil
}

// bid takes the region in which the profile's repositories would be looked for where the URL names none.
func (c Chooser) bid(claim Claim, t Target) (bid, error) {
	b := bid{claim, pattern{}, -1}
	patterns, err := claim.patterns()
	if err != nil {
		return bid{}, err
	}
	region := t.Region
	for _, p := range patterns {
		if p.region != "" && region == "" {
			if region, err = c.Profiles.Region(claim.Profile); err != nil {
				return bid{}, err
			}
		}
		if p.matches(t, region) && p.rank() > b.rank {
			b.pattern, b.rank = p, p.rank()
		}
	}
	return b, nil
}
