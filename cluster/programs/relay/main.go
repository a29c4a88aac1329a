// A relay from a listening socket that its parent opened (file descriptor 3) to one TCP address:
//
//	relay HOST:PORT 3<listening socket
//
// The parent opens the socket in the network namespace of the host and starts the relay inside the
// namespaces of the box: a socket belongs to the namespace it was made in, so the host reaches a server
// in the box without any network between the two. Only bytes are copied; nothing is read into them.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"sync"
)

func main() {
	log.SetFlags(log.Ldate | log.Ltime | log.Lmicroseconds)
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: relay HOST:PORT, with a listening socket as file descriptor 3")
		os.Exit(2)
	}
	listener, err := net.FileListener(os.NewFile(3, "listener"))
	if err != nil {
		log.Fatalf("file descriptor 3 is not a listening socket: %v", err)
	}
	for {
		client, err := listener.Accept()
		if err != nil {
			log.Fatalf("the listening socket is gone: %v", err)
		}
		go relay(client, os.Args[1])
	}
}

// relay connects the client to the address and copies both ways until both directions have ended. When
// the address refuses, the client is simply disconnected: it sees what it would see of a dead server.
func relay(client net.Conn, address string) {
	defer client.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		log.Printf("%s does not answer: %v", address, err)
		return
	}
	defer server.Close()
	var both sync.WaitGroup
	both.Go(func() { pass(server, client) })
	both.Go(func() { pass(client, server) })
	both.Wait()
}

// pass copies one direction and hands its end on as a half-closed connection, so that the other direction
// can still finish (a server that answers after the end of the request). An error ends both at once:
// nothing sensible can follow it.
func pass(to, from net.Conn) {
	if _, err := io.Copy(to, from); err != nil {
		to.Close()
		from.Close()
		return
	}
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
}
