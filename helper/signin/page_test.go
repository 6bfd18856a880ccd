package signin

import (
	"errors"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

// A page that only lies in a buffer would be lost when the process ends.
func TestShowFlushes(t *testing.T) {
	for status, verdict := range map[int]error{200: nil, 400: errors.New("not ours"), 403: &Final{errors.New("no")}} {
		w := httptest.NewRecorder()
		show(w, verdict)
		body := w.Body.String()
		if !w.Flushed || w.Code != status || w.Header().Get("Content-Length") != strconv.Itoa(len(body)) || !strings.HasSuffix(body, "</html>\n") {
			t.Errorf("show(%v): flushed %v, %d %v %q", verdict, w.Flushed, w.Code, w.Header(), body)
		}
	}
}
