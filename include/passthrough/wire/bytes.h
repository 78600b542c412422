/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bytes: what every parser needs of its surroundings, in the kernel and
 * outside of it, and big-endian fields read byte by byte.
 */
#ifndef NFPT_WIRE_BYTES_H
#define NFPT_WIRE_BYTES_H

#include <linux/types.h>

#ifdef __KERNEL__
#include <linux/export.h>
#include <linux/string.h>
#else
#include <stdbool.h>
#include <string.h>
/* What another module may call. */
#define EXPORT_SYMBOL_GPL(name) extern struct nfpt_export name##_export
#endif

static inline __u16 nfpt_get_be16(const __u8 *p)
{
	return (__u16)(p[0] << 8 | p[1]);
}

static inline void nfpt_put_be16(__u8 *p, __u16 v)
{
	p[0] = (__u8)(v >> 8);
	p[1] = (__u8)v;
}

static inline __u32 nfpt_get_be32(const __u8 *p)
{
	return (__u32)nfpt_get_be16(p) << 16 | nfpt_get_be16(p + 2);
}

static inline void nfpt_put_be32(__u8 *p, __u32 v)
{
	nfpt_put_be16(p, (__u16)(v >> 16));
	nfpt_put_be16(p + 2, (__u16)v);
}

#endif /* NFPT_WIRE_BYTES_H */
