// Receives the hub's webhooks: verifies each, keeps it once as a file, prints one line.
//
// WEBHOOK_SECRET is the endpoint's secret, whsec_…. INBOX is the folder for the files, HOST and
// PORT are where it listens: inbox, 127.0.0.1 and 9000 when absent. What is refused stands on
// standard error. SIGTERM and Ctrl-C let what is under way end. Needs Go 1.19 or newer, no module.
package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	bodyLimitBytes = 64 << 10 // the hub's bodies stay far below: incidents up to 20,000 bytes
	headLimitBytes = 16 << 10
	readTime       = 10 * time.Second
	stopTime       = 10 * time.Second
	tolerance      = 5 * time.Minute // of the Standard Webhooks libraries
	minKeyBytes    = 24
)

var fileName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

// event is what is printed of a body.
type event struct {
	Type string `json:"type"`
	Data struct {
		Sequence int64 `json:"sequence"`
		Incident struct {
			Ref string `json:"ref"`
		} `json:"incident"`
	} `json:"data"`
}

// receiver answers the hub's requests.
type receiver struct {
	key   []byte
	inbox string
}

// ServeHTTP answers 204 once the event is kept, also when it was kept before; work on it comes later.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if request.Method != http.MethodPost {
		refuse(w, http.StatusMethodNotAllowed, errors.New("only POST is answered"))
		return
	}
	// The raw bytes: these are what was signed.
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, bodyLimitBytes))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		refuse(w, http.StatusRequestEntityTooLarge, errors.New("the body is too large"))
		return
	}
	if err == nil {
		err = verify(r.key, request.Header, body, time.Now())
	}
	var told event
	if err == nil {
		err = json.Unmarshal(body, &told)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	id := request.Header.Get("webhook-id")
	isNew, err := keep(r.inbox, id, body)
	if err != nil {
		log.Print(err)
		refuse(w, http.StatusServiceUnavailable, errors.New("the event could not be kept")) // the hub tries again
		return
	}
	if isNew {
		fmt.Println(told.line(id))
	}
	w.WriteHeader(http.StatusNoContent)
}

// line says topic, sequence, the incident's ref if it is about one, id.
func (e event) line(id string) string {
	topic, sequence, ref := "-", "-", "-"
	if e.Type != "" {
		topic = e.Type
	}
	if e.Data.Sequence != 0 {
		sequence = strconv.FormatInt(e.Data.Sequence, 10)
	}
	if e.Data.Incident.Ref != "" {
		ref = e.Data.Incident.Ref
	}
	return fmt.Sprintf("%s %s %s %s", topic, sequence, ref, id)
}

// verify says why a request is not the hub's, or is more than five minutes away from now.
func verify(key []byte, header http.Header, body []byte, now time.Time) error {
	id, sent := header.Get("webhook-id"), header.Get("webhook-timestamp")
	signatures := header.Get("webhook-signature")
	if id == "" || sent == "" || signatures == "" {
		return errors.New("a webhook header is missing")
	}
	if !fileName.MatchString(id) {
		return errors.New("webhook-id is not the name of a file")
	}
	seconds, err := strconv.ParseInt(sent, 10, 64)
	if err != nil {
		return errors.New("webhook-timestamp is not a number")
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > tolerance || age < -tolerance {
		return errors.New("webhook-timestamp is more than five minutes away")
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.", id, sent)
	mac.Write(body)
	expected := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	// Several while a secret is rotated: one that fits is enough.
	for _, given := range strings.Split(signatures, " ") {
		if hmac.Equal([]byte(given), expected) { // takes the same time wherever they differ
			return nil
		}
	}
	return errors.New("no signature fits")
}

// keep stores a body so that it outlives a crash; false if it is there already. Any number of
// goroutines and processes may do this at once: linking a name succeeds once. The files are both
// the record of what has come and the queue of what is to be done.
func keep(inbox, id string, body []byte) (bool, error) {
	draft, err := os.CreateTemp(inbox, ".*")
	if err != nil {
		return false, err
	}
	defer os.Remove(draft.Name())
	_, err = draft.Write(body)
	if err == nil {
		err = draft.Sync()
	}
	if closing := draft.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return false, err
	}
	err = os.Link(draft.Name(), filepath.Join(inbox, id+".json"))
	if errors.Is(err, os.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	folder, err := os.Open(inbox)
	if err != nil {
		return false, err
	}
	defer folder.Close()
	return true, folder.Sync()
}

// refuse says why, on standard error and to the hub, which keeps the text with the attempt.
func refuse(w http.ResponseWriter, status int, reason error) {
	log.Printf("refused %d: %v", status, reason)
	http.Error(w, reason.Error(), status)
}

func keyOf(secret string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) < minKeyBytes {
		return nil, errors.New("WEBHOOK_SECRET must be the endpoint's secret: whsec_ and base64.")
	}
	return key, nil
}

func variable(name, absent string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return absent
}

// run serves until SIGTERM or Ctrl-C.
func run() error {
	key, err := keyOf(os.Getenv("WEBHOOK_SECRET"))
	if err != nil {
		return err
	}
	inbox := variable("INBOX", "inbox")
	if err := os.MkdirAll(inbox, 0o700); err != nil {
		return err
	}
	address := net.JoinHostPort(variable("HOST", "127.0.0.1"), variable("PORT", "9000"))
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:        &receiver{key: key, inbox: inbox},
		ReadTimeout:    readTime,
		WriteTimeout:   2 * readTime, // counted from the end of the request's head
		IdleTimeout:    time.Minute,
		MaxHeaderBytes: headLimitBytes,
	}
	stopped, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	fmt.Printf("Listening on http://%s\n", address)
	select {
	case err := <-ended:
		return err
	case <-stopped.Done():
	}
	deadline, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	return server.Shutdown(deadline)
}

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
