/* SPDX-License-Identifier: Apache-2.0 */
/* process/netdev-plan.c: which devices, by which names. Moving them is in tests/integration. */
#include "namespaces-plan.h"

#define OWN          NEW("network")
#define DEVICES(map) ",\"netDevices\":{" map "}"

static const struct netdev_entry *entry(const struct planned *p, size_t i)
{
	return (const struct netdev_entry *)flat_get(p->flat.data, p->plan.netdevs.off) + i;
}

static void test_planned(void)
{
	struct planned p = plan("", OWN,
				DEVICES("\"eth0\":{},\"eth1\":{\"name\":\"net%d\"},"
					"\"eth2\":{\"name\":\"net%d\"},"
					"\"a.b-c\":{\"name\":\"\"}"));

	is_int(p.r, 0, "devices are planned");
	is_int(p.plan.netdevs.n, 4, "all of them");
	is_str(str(&p, entry(&p, 0)->where), "linux.netDevices[\"eth0\"]", "the key");
	is_str(str(&p, entry(&p, 0)->device), "eth0", "the device");
	is_str(str(&p, entry(&p, 0)->name), NULL, "as it is");
	is_str(str(&p, entry(&p, 1)->name), "net%d", "a template");
	is_str(str(&p, entry(&p, 2)->name), "net%d", "the same again");
	is_str(str(&p, entry(&p, 3)->name), NULL, "an empty name is none");
	flat_done(&p.flat);
	p = plan("", OWN, "");
	ok(p.r == 0 && p.plan.netdevs.n == 0, "none");
	flat_done(&p.flat);
	p = plan("", "", DEVICES(""));
	ok(p.r == 0 && p.plan.netdevs.n == 0, "none needs no network namespace");
	flat_done(&p.flat);
	p = plan("", JOIN("network", "/run/netns/a"), DEVICES("\"eth0\":{}"));
	ok(p.r == 0 && p.plan.netdevs.n == 1, "into a namespace that is joined");
	flat_done(&p.flat);
}

static void test_refused(void)
{
	static const struct {
		const char *namespaces, *more, *where;
	} rows[] = {
		{ "", DEVICES("\"eth0\":{}"), "linux.netDevices[\"eth0\"]" },
		{ OWN, DEVICES("\"\":{}"), "linux.netDevices[\"\"]" },
		{ OWN, DEVICES("\"0123456789abcdef\":{}"),
		  "linux.netDevices[\"0123456789abcdef\"]" },
		{ OWN, DEVICES("\"..\":{}"), "linux.netDevices[\"..\"]" },
		{ OWN, DEVICES("\"a/b\":{}"), "linux.netDevices[\"a/b\"]" },
		{ OWN, DEVICES("\"e%d\":{}"), "linux.netDevices[\"e%d\"]" },
		{ OWN, DEVICES("\"e\":{\"name\":\"0123456789abcdef\"}"),
		  "linux.netDevices[\"e\"].name" },
		{ OWN, DEVICES("\"e\":{\"name\":\".\"}"), "linux.netDevices[\"e\"].name" },
		{ OWN, DEVICES("\"e\":{\"name\":\"a b\"}"), "linux.netDevices[\"e\"].name" },
		{ OWN, DEVICES("\"e\":{\"name\":\"a\\tb\"}"), "linux.netDevices[\"e\"].name" },
		{ OWN, DEVICES("\"e\":{\"name\":\"a:b\"}"), "linux.netDevices[\"e\"].name" },
		{ OWN, DEVICES("\"e\":{\"name\":\"a%\"}"), "linux.netDevices[\"e\"].name" },
		{ OWN, DEVICES("\"e\":{\"name\":\"a%s\"}"), "linux.netDevices[\"e\"].name" },
		{ OWN, DEVICES("\"e\":{\"name\":\"%d%d\"}"), "linux.netDevices[\"e\"].name" },
		{ OWN, DEVICES("\"e\":{\"name\":\"x\"},\"f\":{\"name\":\"x\"}"),
		  "linux.netDevices[\"f\"]" },
		{ OWN, DEVICES("\"e\":{\"name\":\"f\"},\"f\":{}"), "linux.netDevices[\"f\"]" },
		{ OWN, DEVICES("\"f\":{},\"e\":{\"name\":\"f\"}"), "linux.netDevices[\"e\"]" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct planned p = plan("", rows[i].namespaces, rows[i].more);

		is_int(p.r, -EINVAL, "refused: %s", rows[i].more);
		is_str(p.err.where, rows[i].where, "by its key");
		flat_done(&p.flat);
	}
}

int main(void)
{
	test_planned();
	test_refused();
	return tap_done();
}
