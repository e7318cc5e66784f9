/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stub (rundlet-init), whole, as read-only data of rundlet: init_image_start to init_image_end.
 * The host side copies it into a sealed memfd and executes that.
 */
	.section .rodata.init_image, "a", %progbits
	.balign 4096
	.globl init_image_start
	.globl init_image_end
	.type init_image_start, %object
	.type init_image_end, %object
init_image_start:
	.incbin "rundlet-init"
init_image_end:
	.byte 0
	.size init_image_start, init_image_end - init_image_start

/* The linker marks a program as fit for -fcf-protection when all objects say so; code is none here. */
#ifdef __CET__
#include <cet.h>
#endif
	.section .note.GNU-stack, "", %progbits
