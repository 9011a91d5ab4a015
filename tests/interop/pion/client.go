// A TURN client on pion's library that proves relaying end to end: it starts an echo peer of its
// own on 127.0.0.1, allocates on the server that the flags name, sends numbered payloads through
// the relayed address, and compares every byte that comes back. pion installs the permission and
// binds the channel by itself: the first packets travel in Send indications, the later ones as
// ChannelData.
//
// Prints "ok N packets" and exits 0, or says what went wrong and exits 1. With -expect-refused the
// Allocate must fail with 401, which is then the success.
//
// Debian's pion/turn 2.1.0 has no RFC 6062 client, so TCP allocations are not tried here;
// coturn_clients_test.sh does that with turnutils_uclient.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"net"
	"os"
	"strings"
	"time"

	"github.com/pion/turn/v2"
)

// More than any answer on loopback takes, less than a person's patience.
const answerTimeout = 10 * time.Second

type options struct {
	server        string
	transport     string
	serverName    string
	ca            string
	user          string
	password      string
	realm         string
	count         int
	size          int
	expectRefused bool
}

func main() {
	o := parseFlags()
	message, err := run(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "failed:", err)
		os.Exit(1)
	}
	fmt.Println(message)
}

func parseFlags() options {
	var o options
	flag.StringVar(&o.server, "server", "", "host:port of the TURN server")
	flag.StringVar(&o.transport, "transport", "udp", "udp, tcp or tls")
	flag.StringVar(&o.serverName, "server-name", "culvert.test", "name in the server's certificate")
	flag.StringVar(&o.ca, "ca", "", "PEM file that the server's certificate is checked against")
	flag.StringVar(&o.user, "user", "", "USERNAME")
	flag.StringVar(&o.password, "password", "", "password")
	flag.StringVar(&o.realm, "realm", "", "REALM; empty: what the server says")
	flag.IntVar(&o.count, "count", 100, "packets to relay")
	flag.IntVar(&o.size, "size", 160, "bytes in a packet, at least 1")
	flag.BoolVar(&o.expectRefused, "expect-refused", false, "the Allocate must fail with 401")
	flag.Parse()
	return o
}

func run(o options) (string, error) {
	if o.size < 1 || o.count < 1 {
		return "", errors.New("-size and -count are at least 1")
	}
	conn, err := dial(o)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	client, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: o.server,
		Conn:           conn,
		Username:       o.user,
		Password:       o.password,
		Realm:          o.realm,
	})
	if err != nil {
		return "", err
	}
	defer client.Close()
	if err := client.Listen(); err != nil {
		return "", err
	}
	if o.expectRefused {
		return "ok refused with 401", requireRefusal(client)
	}
	return relayAll(client, o)
}

// The connection to the server as pion wants it: datagrams, or a stream that it frames.
func dial(o options) (net.PacketConn, error) {
	switch o.transport {
	case "udp":
		return net.ListenPacket("udp4", "127.0.0.1:0")
	case "tcp":
		conn, err := net.DialTimeout("tcp", o.server, answerTimeout)
		if err != nil {
			return nil, err
		}
		return turn.NewSTUNConn(conn), nil
	case "tls":
		config, err := tlsConfig(o)
		if err != nil {
			return nil, err
		}
		dialer := &net.Dialer{Timeout: answerTimeout}
		conn, err := tls.DialWithDialer(dialer, "tcp", o.server, config)
		if err != nil {
			return nil, err
		}
		return turn.NewSTUNConn(conn), nil
	}
	return nil, fmt.Errorf("unknown transport %q", o.transport)
}

func tlsConfig(o options) (*tls.Config, error) {
	pem, err := os.ReadFile(o.ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", o.ca)
	}
	return &tls.Config{RootCAs: roots, ServerName: o.serverName, MinVersion: tls.VersionTLS12}, nil
}

func requireRefusal(client *turn.Client) error {
	relayed, err := client.Allocate()
	if err == nil {
		relayed.Close()
		return errors.New("allocated, where a refusal was due")
	}
	if !strings.Contains(err.Error(), "error 401") {
		return fmt.Errorf("refused otherwise than with 401: %w", err)
	}
	return nil
}

func relayAll(client *turn.Client, o options) (string, error) {
	relayed, err := client.Allocate()
	if err != nil {
		return "", fmt.Errorf("allocate: %w", err)
	}
	peer, err := startEchoPeer(relayed.LocalAddr().String())
	if err != nil {
		return "", err
	}
	defer peer.conn.Close()
	for i := 0; i < o.count; i++ {
		if err := relayOne(relayed, peer, i, o.size); err != nil {
			return "", fmt.Errorf("packet %d of %d: %w", i+1, o.count, err)
		}
	}
	// Also tells the server: pion sends Refresh with lifetime 0.
	if err := relayed.Close(); err != nil {
		return "", fmt.Errorf("close: %w", err)
	}
	return fmt.Sprintf("ok %d packets", o.count), nil
}

// Sends one payload to the peer and takes its echo back. Strictly one after the other, so an echo
// of another packet, a doubled and a lost one are all failures.
func relayOne(relayed net.PacketConn, peer *echoPeer, index, size int) error {
	payload := make([]byte, size)
	rand.New(rand.NewSource(int64(index))).Read(payload) //nolint: never fails
	if _, err := relayed.WriteTo(payload, peer.conn.LocalAddr()); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	if err := relayed.SetReadDeadline(time.Now().Add(answerTimeout)); err != nil {
		return err
	}
	echo := make([]byte, 65536)
	n, from, err := relayed.ReadFrom(echo)
	if err != nil {
		return peer.explain(fmt.Errorf("receive: %w", err))
	}
	if from.String() != peer.conn.LocalAddr().String() {
		return fmt.Errorf("came from %s, not from the peer %s", from, peer.conn.LocalAddr())
	}
	if !bytes.Equal(echo[:n], payload) {
		return fmt.Errorf("%d bytes came back for %d, or other ones", n, size)
	}
	return nil
}

// Sends back what it gets, but only to the relayed address: what comes from elsewhere is remembered
// as the reason why the client hears nothing.
type echoPeer struct {
	conn     net.PacketConn
	relayed  string
	stranger chan string
}

func startEchoPeer(relayed string) (*echoPeer, error) {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	peer := &echoPeer{conn: conn, relayed: relayed, stranger: make(chan string, 1)}
	go peer.serve()
	return peer, nil
}

func (p *echoPeer) serve() {
	buffer := make([]byte, 65536)
	for {
		n, from, err := p.conn.ReadFrom(buffer)
		if err != nil {
			return // closed
		}
		if from.String() != p.relayed {
			select {
			case p.stranger <- from.String():
			default:
			}
			continue
		}
		if _, err := p.conn.WriteTo(buffer[:n], from); err != nil {
			return
		}
	}
}

func (p *echoPeer) explain(err error) error {
	select {
	case stranger := <-p.stranger:
		return fmt.Errorf("%w; the peer heard from %s instead of the relayed address %s", err,
			stranger, p.relayed)
	default:
		return err
	}
}
