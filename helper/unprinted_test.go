package helper_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"credmint/helper"
)

type (
	wire struct {
		helper.Unprinted
		Secret string `json:"secret" xml:"Secret"`
	}
	inside struct {
		helper.Unwritten
		Secret string
	}
)

// However a struct that embeds them is printed or logged, alone or in others, its secret is not there; what is a protocol's is
// still written and read.
func TestUnprinted(t *testing.T) {
	w, i := wire{Secret: "canary"}, inside{Secret: "canary"}
	for _, v := range []any{w, &w, i, &i, []wire{w}, map[string]inside{"x": i}, struct{ Inner inside }{i}, fmt.Errorf("%v", w)} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if got := fmt.Sprintf(verb, v); strings.Contains(got, "canary") || strings.Contains(got, "63616e617279") {
				t.Errorf("%s prints %s", verb, got)
			}
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "it", v)
		if strings.Contains(log.String(), "canary") {
			t.Errorf("logged %s", &log)
		}
	}
	if data, err := json.Marshal(i); err == nil {
		t.Errorf("it marshals: %s", data)
	}
	data, err := json.Marshal(w)
	if err != nil || string(data) != `{"secret":"canary"}` {
		t.Errorf("Marshal = %s, %v", data, err)
	}
	var read [2]wire
	if err := json.Unmarshal(data, &read[0]); err != nil || read[0] != w {
		t.Errorf("%v", err)
	}
	if err := xml.Unmarshal([]byte("<x><Secret>canary</Secret></x>"), &read[1]); err != nil || read[1] != w {
		t.Errorf("%v", err)
	}
}
