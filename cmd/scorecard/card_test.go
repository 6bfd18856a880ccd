package main

import (
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

const head = "text\n\n| letter | what about |\n|---|---|\n| A | crashes |\n| B | others |\n\n| cell | what is done | what must happen | tests |\n|---|---|---|---|\n"

func TestParseCard(t *testing.T) {
	c, err := parseCard(head+"| A1 | do | see | x/y TestOne/two, z FuzzThree (windows "+runtime.GOOS+") |\n| B1b | do | see | z TestFour (plan9) |\n", "m")
	if err != nil {
		t.Fatal(err)
	}
	want := card{
		letters: []letter{{"A", "crashes"}, {"B", "others"}},
		rows: []row{
			{"A", "A1", []test{{"m/x/y", "TestOne/two", []string{}}, {"m/z", "FuzzThree", []string{"windows", runtime.GOOS}}}},
			{"B", "B1b", []test{{"m/z", "TestFour", []string{"plan9"}}}},
		},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("parseCard = %+v, want %+v", c, want)
	}
	if tests := c.rows[0].tests; !tests[0].here() || !tests[1].here() || c.rows[1].tests[0].here() {
		t.Errorf("here() is wrong for one of %+v", c.rows)
	}
}

func TestParseCardRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"| A1 | do | x TestOne |":                                      "neither a letter nor a row",
		"| A | do | see | x TestOne |":                                 "neither a letter nor a row",
		"|A1|do|see|x TestOne|":                                        "neither a letter nor a row",
		"| C1 | do | see | x TestOne |":                                "of no letter",
		"| A1 | do | see | TestOne |":                                  `"TestOne" is not a package`,
		"| A1 | do | see | x TestOne,y TestTwo |":                      "is not a package",
		"| A1 | do | see | `x TestOne` |":                              "is not a package",
		"| A1 | do | see | x TestOne [linux] |":                        "is not a package",
		"| A1 | do | see | x TestOne |\n| A1 | do | see | x TestOne |": "line 11: row A1 is there twice",
	} {
		if _, err := parseCard(head+line+"\n", "m"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parseCard(%s) = %v, want %q", line, err, want)
		}
	}
}

// TestCard reads the project's own card.
func TestCard(t *testing.T) {
	text, err := os.ReadFile("../../.github/SCORECARD.md")
	if err != nil {
		t.Fatal(err)
	}
	c, err := parseCard(string(text), "credmint")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range c.letters {
		if heading := "\n## " + l.name + ": " + l.about + "\n"; !strings.Contains(string(text), heading) {
			t.Errorf("there is no heading %q", heading)
		}
	}
}
