/* SPDX-License-Identifier: Apache-2.0 */
/* Terminals (termios(3), ioctl_tty(2)). None of these waits for output to drain. */
#ifndef RL_OS_TTY_H
#define RL_OS_TTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

/* Pass every byte on as it is. *ret_old: as it was. 0 or a negative errno. */
int tty_raw(int fd, struct termios *ret_old);

/* Back to that, unless we are in the background: then it is somebody else's terminal now. */
void tty_restore(int fd, const struct termios *old);

/* The size of the terminal that is among our standard streams. False: none has one. */
bool tty_size(uint16_t *ret_rows, uint16_t *ret_columns);
int tty_resize(int fd, uint16_t rows, uint16_t columns);

/*
 * What is to be typed at the terminal to end its input: 1 or 2 bytes. `open_line`: a line has been
 * begun. Returns their number, 0 if there are none.
 */
size_t tty_end(int fd, bool open_line, char ret[2]);

#endif
