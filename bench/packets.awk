# SPDX-License-Identifier: GPL-2.0
#
# Packets of eight hosts, 10.0.0.11 and up, and of their servers, 256 each, which
# know them as 192.0.2.1; as commands for packet_bench:
#
#	awk -f packets.awk -v what=WHAT -v set=SET -v first=N -v count=N
#
# WHAT is
#	pptp		a control connection with one call each, from SYN to the
#			first data of both
#	gre-out gre-in	data of these calls
#	esp		a pair of SAs each: a packet out, one in
#	esp-out esp-in	data of these
#	tcp		a connection each, from SYN to the first data of both
#	tcp-out tcp-in	data of these
#	udp-out udp-in	data of a flow each
#
# Flow n is of host n modulo 8 and its server 198.18.HOST.N.  It has source port and inside Call ID 10000 + n; outside Call ID 20000 + n.

function packet(way, proto, payload,   host, server, wan) {
	host = sprintf("0a0000%02x", 11 + n % 8)
	server = sprintf("c612%02x%02x", n % 8, int(n / 8) % 256)
	wan = "c0000201"
	printf "packet %s %s 4500%04x0000400040%02x0000%s%s\n", set, way == "out" ? "lan" : "wan",
		20 + length(payload) / 2, proto,
		way == "out" ? host server : server wan, payload
}

function zeroes(bytes) {
	return substr(sprintf("%0512d", 0), 1, 2 * bytes)
}

# tcp(): flags are SYN 02, SYN+ACK 12, ACK 10, ACK+PSH 18.
function tcp(way, host_port, server_port, seq, ack, flags, data) {
	packet(way, 6, sprintf("%04x%04x%08x%08x50%sffffabcd0000%s",
		way == "out" ? host_port : server_port, way == "out" ? server_port : host_port,
		seq, ack, flags, data))
}

function udp(way, port) {
	packet(way, 17, sprintf("%04x%04x%04xabcd%s", way == "out" ? port : 5001,
		way == "out" ? 5001 : port, 8 + size, zeroes(size)))
}

# GRE version 1 with a sequence number, without an acknowledgement.
function gre(way, id) {
	packet(way, 47, sprintf("3001880b%04x%04x00000001%s", size, id, zeroes(size)))
}

function esp(way, spi) {
	packet(way, 50, sprintf("%08x00000001%s", spi, zeroes(size)))
}

# control(): type and what follows it; RFC 2637 section 2.
function control(type, rest) {
	return sprintf("%04x00011a2b3c4d%04x0000%s", 12 + length(rest) / 2, type, rest)
}

function handshake(port, server_port) {
	tcp("out", port, server_port, 1000, 0, "02", "")
	tcp("in", port, server_port, 5000, 1001, "12", "")
	tcp("out", port, server_port, 1001, 5001, "10", "")
}

function call(n,   start, started, request, reply, port) {
	port = 10000 + n
	start = control(1, "0100" "0000" "00000001" "00000001" "0000" "0001" zeroes(128))
	started = control(2, "0100" "0100" "00000001" "00000001" "0000" "0001" zeroes(128))
	request = control(7, sprintf("%04x%04x", port, n % 65536) "00000960" "00989680" \
		"00000003" "00000003" "0040" "0000" "0000" "0000" zeroes(128))
	reply = control(8, sprintf("%04x%04x", 20000 + n, port) "0100" "0000" "00989680" \
		"0040" "0000" "00000000")
	handshake(port, 1723)
	tcp("out", port, 1723, 1001, 5001, "18", start)
	tcp("in", port, 1723, 5001, 1001 + 156, "18", started)
	tcp("out", port, 1723, 1001 + 156, 5001 + 156, "18", request)
	tcp("in", port, 1723, 5001 + 156, 1001 + 156 + 168, "18", reply)
	gre("out", 20000 + n)
	gre("in", port)
}

BEGIN {
	size = 64
	for (n = first; n < first + count; n++) {
		if (what == "pptp") {
			call(n)
		} else if (what == "esp") {
			esp("out", 65536 + n)
			esp("in", 1048576 + n)
		} else if (what == "tcp") {
			handshake(10000 + n, 5001)
			tcp("out", 10000 + n, 5001, 1001, 5001, "18", zeroes(size))
			tcp("in", 10000 + n, 5001, 5001, 1001 + size, "18", zeroes(size))
		} else if (what ~ /^gre/) {
			gre(what == "gre-out" ? "out" : "in", what == "gre-out" ? 20000 + n : 10000 + n)
		} else if (what ~ /^esp/) {
			esp(what == "esp-out" ? "out" : "in", (what == "esp-out" ? 65536 : 1048576) + n)
		} else if (what ~ /^tcp/) {
			if (what == "tcp-out")
				tcp("out", 10000 + n, 5001, 1001, 5001 + size, "18", zeroes(size))
			else
				tcp("in", 10000 + n, 5001, 5001, 1001 + size, "18", zeroes(size))
		} else {
			udp(what == "udp-out" ? "out" : "in", 10000 + n)
		}
	}
}
