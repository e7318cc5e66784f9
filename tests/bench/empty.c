/* SPDX-License-Identifier: Apache-2.0 */
/* What a dynamically linked program costs that does nothing: `rundlet --version` is compared with
 * it. */
int main(void)
{
	return 0;
}
