// Command address-echo answers every client with the address and port that it sees it come from, one line, over TCP and UDP,
// IPv4 and IPv6: `tcp 192.0.2.1 51234`. Arguments are ports; 7000 when there is none. One that is a multicast group is joined,
// by the link behind its `%` or else as routes have it, and what comes of it to port 5000 is printed: `239.1.1.1 192.0.2.1`.
package main

import (
	"fmt"
	"log"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// seen is the answer. An IPv4 client of a socket for both families is named by its IPv4 address.
func seen(protocol string, client netip.AddrPort) string {
	return fmt.Sprintf("%s %s %d\n", protocol, client.Addr().Unmap(), client.Port())
}

func serveTCP(port string) {
	listener, err := net.Listen("tcp", ":"+port)
	if err != nil {
		log.Fatal(err)
	}
	for {
		client, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Fprint(client, seen("tcp", client.RemoteAddr().(*net.TCPAddr).AddrPort()))
		client.Close()
	}
}

func serveUDP(port string) {
	address, err := net.ResolveUDPAddr("udp", ":"+port)
	if err != nil {
		log.Fatal(err)
	}
	socket, err := net.ListenUDP("udp", address)
	if err != nil {
		log.Fatal(err)
	}
	packet := make([]byte, 1500)
	for {
		_, client, err := socket.ReadFromUDPAddrPort(packet)
		if err != nil {
			log.Fatal(err)
		}
		// A client that is gone again is no reason to stop.
		if _, err := socket.WriteToUDPAddrPort([]byte(seen("udp", client)), client); err != nil {
			log.Print(err)
		}
	}
}

func join(group string) {
	name, link, named := strings.Cut(group, "%")
	var by *net.Interface
	if named {
		found, err := net.InterfaceByName(link)
		if err != nil {
			log.Fatal(err)
		}
		by = found
	}
	address := &net.UDPAddr{IP: net.ParseIP(name), Port: 5000}
	socket, err := net.ListenMulticastUDP("udp", by, address)
	for ; err != nil; socket, err = net.ListenMulticastUDP("udp", by, address) {
		time.Sleep(100 * time.Millisecond) // no link has this family yet
	}
	packet := make([]byte, 1500)
	for {
		_, sender, err := socket.ReadFromUDPAddrPort(packet)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(name, sender.Addr().Unmap().WithZone(""))
	}
}

func main() {
	var ports []string
	for _, word := range os.Args[1:] {
		if strings.ContainsAny(word, ".:") {
			go join(word)
		} else {
			ports = append(ports, word)
		}
	}
	if len(ports) == 0 {
		ports = []string{"7000"}
	}
	for _, port := range ports {
		go serveTCP(port)
		go serveUDP(port)
	}
	// The first process of a container gets no default action for signals: without this, `docker stop` would wait ten seconds.
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	<-stop
}
