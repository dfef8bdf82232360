/* SPDX-License-Identifier: ISC
 *
 * A clock_gettime(2) in front of libc's, for the program under test and its
 * libraries: time stands still until a test lets some pass. Time-outs of
 * minutes take no waiting, and none of them comes by a slow machine.
 */
#ifndef TESTS_STILL_CLOCK_H
#define TESTS_STILL_CLOCK_H

/* Lets every clock go forward by so many ms. */
void still_clock_pass(long ms);

#endif
