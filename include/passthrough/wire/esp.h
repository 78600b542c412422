/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ESP, RFC 4303 section 2: the two fields that are not encrypted; and what
 * shares UDP port 4500 with it, RFC 3948 section 2.
 */
#ifndef NFPT_WIRE_ESP_H
#define NFPT_WIRE_ESP_H

#include <passthrough/wire/bytes.h>

#define NFPT_ESP_MIN		8	/* SPI and sequence number */
#define NFPT_ESP_SPI_MIN	256	/* RFC 4303 2.1: 1-255 are reserved, 0 is local */
#define NFPT_NATT_MARKER	4	/* zero bytes before IKE on port 4500 */

/**
 * nfpt_esp_parse() - the clear part of an ESP packet
 * @p: first byte of the ESP header
 * @len: bytes there; 8 are enough, which is all an ICMP error must quote
 * @spi: set on success
 * @seq: set on success
 *
 * Return: whether it is ESP with an SPI that RFC 4303 allows on the wire.
 */
static inline bool nfpt_esp_parse(const __u8 *p, __u32 len, __u32 *spi, __u32 *seq)
{
	if (len < NFPT_ESP_MIN || nfpt_get_be32(p) < NFPT_ESP_SPI_MIN)
		return false;
	*spi = nfpt_get_be32(p);
	*seq = nfpt_get_be32(p + 4);
	return true;
}

enum nfpt_natt_kind {
	NFPT_NATT_MALFORMED,
	NFPT_NATT_KEEPALIVE,	/* one byte 0xff */
	NFPT_NATT_IKE,		/* behind NFPT_NATT_MARKER bytes */
	NFPT_NATT_ESP,
};

/**
 * nfpt_natt_parse() - what a datagram on UDP port 4500 is
 * @p: first byte behind the UDP header
 * @len: length of the datagram behind the UDP header, of which the first 8
 *	bytes, or all if there are fewer, are at @p
 *
 * Return: its kind.
 */
static inline enum nfpt_natt_kind nfpt_natt_parse(const __u8 *p, __u32 len)
{
	if (len == 1 && p[0] == 0xff)
		return NFPT_NATT_KEEPALIVE;
	if (len < NFPT_ESP_MIN)
		return NFPT_NATT_MALFORMED;
	if (!nfpt_get_be32(p))
		return NFPT_NATT_IKE;
	return nfpt_get_be32(p) < NFPT_ESP_SPI_MIN ? NFPT_NATT_MALFORMED : NFPT_NATT_ESP;
}

#endif /* NFPT_WIRE_ESP_H */
