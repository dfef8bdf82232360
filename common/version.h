/* SPDX-License-Identifier: ISC
 *
 * The suite's version: -V, hello, status, and X-Dd-Processagentversion.
 */
#ifndef COMMON_VERSION_H
#define COMMON_VERSION_H

#define VERSION "5.32.0+c1" /* the Agent 5 release it stands in for, and ours */

#endif
