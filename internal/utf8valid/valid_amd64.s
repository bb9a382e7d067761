#include "textflag.h"

// The method is that of Keiser and Lemire, "Validating UTF-8 in less than one
// instruction per byte" (Software: Practice and Experience 51, 2021). Each byte
// is looked at with the byte before it. Three tables, indexed by the high and the
// low half of the byte before and by the high half of the byte itself, hold the
// faults that are possible as one bit each; a fault that all three allow is there:
//
//	0x01  a first byte without a continuation    0x10  a surrogate
//	0x02  a continuation after ASCII             0x20  too long for two bytes
//	0x04  too long for three bytes               0x40  too long for four, or beyond U+10FFFF
//	0x08  beyond U+10FFFF                        0x80  two continuations
//
// Two continuations are right where the byte two before starts three bytes or
// more, or the byte three before starts four: there the bit 0x80 must be set.

// Indexed by the high half of the byte before: 0 to 7 ASCII, 8 to B a continuation,
// C and D the start of two bytes, E of three, F of four.
DATA beforeHigh<>+0(SB)/8, $0x0202020202020202
DATA beforeHigh<>+8(SB)/8, $0x4915012180808080
GLOBL beforeHigh<>(SB), RODATA|NOPTR, $16

// Indexed by the low half of the byte before.
DATA beforeLow<>+0(SB)/8, $0xcbcbcb8b8383a3e7
DATA beforeLow<>+8(SB)/8, $0xcbcbdbcbcbcbcbcb
GLOBL beforeLow<>(SB), RODATA|NOPTR, $16

// Indexed by the high half of the byte.
DATA high<>+0(SB)/8, $0x0101010101010101
DATA high<>+8(SB)/8, $0x01010101babaaee6
GLOBL high<>(SB), RODATA|NOPTR, $16

DATA lowHalves<>+0(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA lowHalves<>+8(SB)/8, $0x0f0f0f0f0f0f0f0f
GLOBL lowHalves<>(SB), RODATA|NOPTR, $16

// Taken from a byte with a floor of 0, these leave the high bit of the bytes that
// start at least three, or at least four.
DATA below3<>+0(SB)/8, $0x6060606060606060
DATA below3<>+8(SB)/8, $0x6060606060606060
GLOBL below3<>(SB), RODATA|NOPTR, $16

DATA below4<>+0(SB)/8, $0x7070707070707070
DATA below4<>+8(SB)/8, $0x7070707070707070
GLOBL below4<>(SB), RODATA|NOPTR, $16

DATA highBits<>+0(SB)/8, $0x8080808080808080
DATA highBits<>+8(SB)/8, $0x8080808080808080
GLOBL highBits<>(SB), RODATA|NOPTR, $16

// func hasFault(text *byte, blocks int) bool
TEXT ·hasFault(SB), NOSPLIT, $0-17
	MOVQ text+0(FP), SI
	MOVQ blocks+8(FP), CX
	VBROADCASTI128 beforeHigh<>(SB), Y8
	VBROADCASTI128 beforeLow<>(SB), Y9
	VBROADCASTI128 high<>(SB), Y10
	VBROADCASTI128 lowHalves<>(SB), Y11
	VBROADCASTI128 below3<>(SB), Y12
	VBROADCASTI128 below4<>(SB), Y13
	VBROADCASTI128 highBits<>(SB), Y14
	VPXOR Y0, Y0, Y0 // faults

block:
	VMOVDQU (SI), Y2
	VMOVDQU -1(SI), Y4 // the bytes one before
	VMOVDQU -2(SI), Y5 // two before
	VMOVDQU -3(SI), Y6 // three before

	VPSRLW $4, Y4, Y7
	VPAND Y11, Y7, Y7
	VPSHUFB Y7, Y8, Y7
	VPAND Y11, Y4, Y4
	VPSHUFB Y4, Y9, Y4
	VPAND Y4, Y7, Y7
	VPSRLW $4, Y2, Y4
	VPAND Y11, Y4, Y4
	VPSHUFB Y4, Y10, Y4
	VPAND Y4, Y7, Y7

	VPSUBUSB Y12, Y5, Y5
	VPSUBUSB Y13, Y6, Y6
	VPOR Y5, Y6, Y6
	VPAND Y14, Y6, Y6
	VPXOR Y6, Y7, Y7
	VPOR Y7, Y0, Y0

	ADDQ $32, SI
	DECQ CX
	JNZ block

	VPTEST Y0, Y0
	SETNE ret+16(FP)
	VZEROUPPER
	RET
