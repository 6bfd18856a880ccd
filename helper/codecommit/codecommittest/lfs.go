package codecommittest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

const (
	lfsType = "application/vnd.git-lfs+json"
	maxLFS  = 64 << 20
)

// lfsObject is an object in the batch API's words.
// See https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md.
type lfsObject struct {
	OID     string               `json:"oid"`
	Size    int64                `json:"size"`
	Actions map[string]lfsAction `json:"actions,omitempty"`
	Error   *lfsError            `json:"error,omitempty"`
}

type lfsAction struct {
	Href string `json:"href"`
}

type lfsError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// lfs answers the requests of Git LFS, whose login has been found good, and reports whether r was one. CodeCommit has no
// LFS, so hosts that take signatures answer 404.
func (s *Server) lfs(w http.ResponseWriter, r *http.Request) bool {
	if !strings.Contains(r.URL.Path, "/info/lfs/") {
		return false
	}
	path := regexp.MustCompile(`^/(?:v1/repos|[a-z]+)/[A-Za-z0-9._-]+/info/lfs/objects/(batch|[0-9a-f]{64})$`)
	m := path.FindStringSubmatch(r.URL.Path)
	_, signed := s.config.Signed[strings.TrimSuffix(r.Host, ":443")]
	switch {
	case m == nil, signed: // the API of locks among them
		http.Error(w, http.StatusText(http.StatusNotFound), http.StatusNotFound)
	case m[1] == "batch" && r.Method == http.MethodPost:
		s.lfsBatch(w, r)
	case r.Method == http.MethodPut:
		s.lfsUpload(w, r, m[1])
	case r.Method == http.MethodGet:
		http.ServeFile(w, r, s.lfsFile(m[1]))
	default:
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
	}
	return true
}

func (s *Server) lfsFile(oid string) string { return filepath.Join(s.config.Dir, "lfs-"+oid) }

// lfsBatch says where objects go or come from: to and from here, with the same login.
func (s *Server) lfsBatch(w http.ResponseWriter, r *http.Request) {
	var batch struct {
		Operation string      `json:"operation"`
		Objects   []lfsObject `json:"objects"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&batch); err != nil {
		http.Error(w, "no batch request", http.StatusUnprocessableEntity)
		return
	}
	for i := range batch.Objects {
		o := &batch.Objects[i]
		_, err := os.Stat(s.lfsFile(o.OID))
		switch here := err == nil; {
		case batch.Operation == "download" && !here:
			o.Error = &lfsError{Code: http.StatusNotFound, Message: "no such object"}
		case batch.Operation == "download" || !here:
			href := "https://" + r.Host + strings.TrimSuffix(r.URL.Path, "batch") + o.OID
			o.Actions = map[string]lfsAction{batch.Operation: {Href: href}}
		}
	}
	w.Header().Set("Content-Type", lfsType)
	_ = json.NewEncoder(w).Encode(map[string]any{"transfer": "basic", "objects": batch.Objects})
}

// lfsUpload takes an object that is what it says it is.
func (s *Server) lfsUpload(w http.ResponseWriter, r *http.Request, oid string) {
	data, err := io.ReadAll(io.LimitReader(r.Body, maxLFS))
	if sum := sha256.Sum256(data); err != nil || hex.EncodeToString(sum[:]) != oid {
		http.Error(w, "not that object", http.StatusUnprocessableEntity)
		return
	}
	if err := os.WriteFile(s.lfsFile(oid), data, 0o600); err != nil {
		http.Error(w, "cannot keep it", http.StatusInternalServerError)
	}
}
