# SPDX-License-Identifier: Apache-2.0
"""The command line of engines: where options may stand, the log, the environment, the other verbs."""
import json
import os
import re

import pytest

from lib import lsm

RFC3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"


@pytest.mark.parametrize("line", [
    "create --bundle BUNDLE ID",
    "create ID --bundle BUNDLE",
    "create --bundle=BUNDLE ID",
    "create -b BUNDLE ID",
    "create -b=BUNDLE ID",
    "create -bundle BUNDLE ID",
    "create -bundle=BUNDLE ID",
    "create --no-pivot --bundle BUNDLE ID --no-new-keyring",
    "create --bundle BUNDLE --config BUNDLE/config.json ID",
    "create --bundle BUNDLE -- ID",
    "--debug create --bundle BUNDLE ID",
    "--cgroup-manager cgroupfs create --bundle BUNDLE ID",
    "--cgroup-manager=cgroupfs create --bundle BUNDLE ID",
    "--log-level error create --bundle BUNDLE ID",
    "--log-level=warning create --bundle BUNDLE ID",
    "--rootless=false create --bundle BUNDLE ID",
    "--rootless auto create --bundle BUNDLE ID",
    "--log-format=json --log BUNDLE/log create --bundle BUNDLE ID",
    "--log=BUNDLE/log --log-format text create --bundle BUNDLE ID",
    "run -d --bundle BUNDLE ID",
    "run --detach ID -b BUNDLE",
    "run --detach -no-subreaper --bundle BUNDLE ID",
    "run -d --no-subreaper --bundle BUNDLE ID",
    "run -d --preserve-fds 0 --bundle BUNDLE ID",
    "run -d --preserve-fds=0 --bundle BUNDLE ID",
])
def test_a_form_of_the_command_line(box, line):
    box.cfg.shell("sleep 1000")
    box.save()
    words = [w.replace("BUNDLE", box.dir).replace("ID", box.id) for w in line.split()]
    result = box.rt(*words)
    assert result.rc == 0, str(result)
    assert box.status in ("created", "running")


@pytest.mark.parametrize("line", [
    "kill ID KILL", "kill --all ID 9", "kill -a ID 9", "kill ID --all 9", "kill ID 9 --all", "kill -all ID 9"])
def test_a_form_of_kill(box, line):
    box.create().silent()
    box.rt(*(w.replace("ID", box.id) for w in line.split())).silent()
    assert box.wait() == -9


@pytest.mark.parametrize("line", ["pause ID", "pause -- ID"])
def test_a_form_of_pause(box, line):
    box.create().silent()
    box.rt(*(w.replace("ID", box.id) for w in line.split())).silent()
    assert box.status == "paused"
    box.rt("resume", box.id).silent()


@pytest.mark.parametrize("line", ["delete --force ID", "delete -f ID", "delete ID --force", "delete -force ID"])
def test_a_form_of_delete(box, line):
    box.create().silent()
    box.rt(*(w.replace("ID", box.id) for w in line.split())).silent()
    box.host.assert_clean()


@pytest.mark.usefixtures("needs_systemd")
@pytest.mark.parametrize("options", [["--systemd-cgroup"], ["--cgroup-manager", "systemd"]], ids=" ".join)
def test_the_systemd_manager_needs_systemd(box, options):
    """With systemd: tests/vm/test_systemd.py."""
    if os.path.exists("/run/systemd/private"):
        pytest.skip("systemd runs here")
    box.save()
    box.rt("create", "--bundle", box.dir, box.id, before=options).fails("connect to systemd")
    box.host.assert_clean()


def test_the_cgroup_manager_can_be_disabled(box):
    box.save()
    box.rt("create", "--bundle", box.dir, box.id, before=["--cgroup-manager", "disabled"]).silent()
    assert box.proc("cgroup") == open("/proc/self/cgroup").read()
    assert not os.path.exists(box.cgroup_dir("pids"))


def test_global_options_work_for_every_command(box, tmp):
    before = ["--log", f"{tmp}/log", "--log-format", "json"]
    box.save()
    box.create(before=before).silent()
    box.rt("state", box.id, before=before).ok()
    box.rt("start", box.id, before=before).silent()
    box.wait()
    box.rt("delete", box.id, before=before).silent()
    assert not (tmp / "log").exists() or (tmp / "log").read_text() == ""


# the log

def test_one_failure_is_one_json_record_and_one_line_on_stderr(box, tmp):
    box.cfg.args("/no/such/program")
    box.save()
    result = box.rt("create", "--bundle", box.dir, box.id,
                    before=["--log-format=json", "--log", f"{tmp}/log"])
    result.fails("/no/such/program")
    lines = (tmp / "log").read_text().splitlines()
    assert len(lines) == 1
    record = json.loads(lines[0])
    assert record["level"] == "error"
    assert re.fullmatch(RFC3339, record["time"])
    assert 'exec: "/no/such/program"' in record["msg"] and record["msg"] in result.err


def test_the_log_is_appended_to(rt, tmp):
    for _ in range(3):
        rt("state", "none", before=["--log", f"{tmp}/log", "--log-format", "json"]).fails("does not exist")
    records = [json.loads(line) for line in (tmp / "log").read_text().splitlines()]
    assert [r["level"] for r in records] == ["error"] * 3


def test_a_record_quotes_what_json_must_quote(box, tmp):
    box.cfg.args('/a"b\\c\n\u00fc\x01')
    box.save()
    result = box.rt("create", "--bundle", box.dir, box.id, before=["--log-format=json", "--log", f"{tmp}/log"])
    assert result.rc == 1
    lines = (tmp / "log").read_text().splitlines()
    assert len(lines) == 1 and "\u00fc" in json.loads(lines[0])["msg"]


def test_the_record_names_the_step_and_the_place_in_the_config(box, tmp):
    box.cfg.bind("/no/such/source", "/data")
    box.save()
    box.rt("create", "--bundle", box.dir, box.id, before=["--log-format=json", "--log", f"{tmp}/log"]).fails()
    record = json.loads((tmp / "log").read_text())
    assert record["step"] == "sources_open"
    assert record["config"].startswith("mounts[5]")
    assert record["line"] >= 1 and record["column"] >= 1


def test_a_warning_before_a_failure_does_not_spoil_the_record(box, tmp):
    """podman parses the whole file as one object."""
    box.cfg.process["capabilities"]["bounding"].append("CAP_NO_SUCH_THING")
    box.cfg.args("/no/such/program")
    box.save()
    result = box.rt("create", "--bundle", box.dir, box.id, before=["--log-format=json", "--log", f"{tmp}/log"])
    assert result.rc == 1
    assert json.loads((tmp / "log").read_text())["level"] == "error"


def test_json_on_stderr_when_there_is_no_log_file(rt):
    result = rt("state", "none", before=["--log-format", "json"]).fails("does not exist")
    assert json.loads(result.err)["level"] == "error"


def test_a_text_log_has_one_line(rt, tmp):
    rt("state", "none", before=["--log", f"{tmp}/log"]).fails("does not exist")
    lines = (tmp / "log").read_text().splitlines()
    assert len(lines) == 1 and "does not exist" in lines[0]


def test_a_log_that_cannot_be_opened_is_an_error(rt, tmp):
    rt("list", before=["--log", f"{tmp}/no/such/dir/log"]).fails("log")


# the environment of engines

def test_an_empty_environment_will_do(box, tmp):
    box.save()
    env = {"XDG_RUNTIME_DIR": ""}
    box.create(env=env).silent()
    box.rt("start", box.id, env=env).silent()
    box.wait()
    box.rt("delete", "--force", box.id, env=env).silent()


@pytest.mark.parametrize("env", [{}, {"XDG_RUNTIME_DIR": ""}, {"XDG_RUNTIME_DIR": "/run/elsewhere"}], ids=str)
def test_the_default_root_of_root(box, env, tmp):
    """For root, the default root is /run/rundlet; the empty XDG_RUNTIME_DIR of podman means unset."""
    box.save()
    box.rt.prefix = ["unshare", "-m", "--propagation", "private", "sh", "-c",
                     f"mount --bind {tmp} /run && exec \"$@\"", "sh"]
    box.rt("create", "--bundle", box.dir, box.id, root="", env={"PATH": os.environ["PATH"], **env}).silent()
    try:
        assert os.listdir(tmp) == ["rundlet"]
        assert box.id in os.listdir(tmp / "rundlet")
    finally:
        box.rt("delete", "-f", box.id, root="", env={"PATH": os.environ["PATH"], **env}).silent()


def test_the_state_of_a_container_is_for_its_owner_alone(box):
    box.create().silent()
    assert os.stat(box.rt.root).st_mode & 0o077 == 0 or os.stat(f"{box.rt.root}/{box.id}").st_mode & 0o077 == 0


def test_roots_do_not_see_each_other(box, tmp):
    box.create().silent()
    assert box.rt("list", "-q", root=str(tmp)).ok().out == ""
    box.rt("state", box.id, root=str(tmp)).fails("does not exist")


def test_a_relative_root_is_relative_to_the_caller(box, tmp):
    box.save()
    box.rt("create", "--bundle", box.dir, box.id, root="state", cwd=tmp).silent()
    assert os.listdir(tmp / "state") == [box.id]
    box.rt("delete", "-f", box.id, root=f"{tmp}/state").silent()


# the other verbs

def test_version_is_what_engines_parse(rt):
    lines = rt("--version", root="").ok().out.splitlines()
    assert re.match(r"(rundlet|crun|runc) version \S+", lines[0])
    assert any(re.match(r"spec: 1\.\d+\.\d+", line) for line in lines)
    assert any(line.startswith("commit:") for line in lines)
    assert rt("-v", root="").ok().out.splitlines()[0] == lines[0]


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["create", "--help"], ["run", "--help"],
                                   ["start", "--help"], ["state", "--help"], ["kill", "--help"],
                                   ["delete", "--help"], ["list", "--help"], ["spec", "--help"],
                                   ["features", "--help"], ["plan", "--help"], ["pause", "--help"],
                                   ["resume", "--help"], ["ps", "--help"], ["events", "--help"],
                                   ["update", "--help"]], ids=" ".join)
def test_help(rt, words):
    assert len(rt(*words, root="").ok().out.splitlines()) >= 3


def test_help_of_a_command_that_is_not_there_fails(rt):
    """podman takes the status of `checkpoint --help` for an answer."""
    assert rt("checkpoint", "--help", root="").rc != 0


def test_features_is_json_on_stdout_alone(rt):
    features = rt("features").json()
    assert features["ociVersionMin"] == "1.0.0"
    assert re.fullmatch(r"1\.\d+\.\d+", features["ociVersionMax"])
    assert set(features["hooks"]) == {"prestart", "createRuntime", "createContainer", "startContainer",
                                      "poststart", "poststop"}
    assert {"ro", "rbind", "rro", "rprivate", "noexec"} <= set(features["mountOptions"])
    linux = features["linux"]
    assert set(linux["namespaces"]) == {"cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"}
    assert {"CAP_CHOWN", "CAP_SYS_ADMIN", "CAP_AUDIT_READ"} <= set(linux["capabilities"])
    built_in = "+SYSTEMD" in rt("--version", root="").out
    assert linux["cgroup"]["v1"] is True
    assert linux["cgroup"]["systemd"] is linux["cgroup"]["systemdUser"] is built_in
    assert features["potentiallyUnsafeConfigAnnotations"] == [
        "org.rundlet.landlock", "org.rundlet.rootfs.idmap", "org.systemd.property.",
        "run.oci.hooks.stderr", "run.oci.hooks.stdout",
        "run.oci.keep_original_groups", "run.oci.mount_context_type", "run.oci.pidfd_receiver",
        "run.oci.seccomp.receiver", "run.oci.seccomp_bpf_data", "run.oci.seccomp_fail_unknown_syscall"]
    assert linux["seccomp"]["enabled"] is True and "SCMP_ACT_ERRNO" in linux["seccomp"]["actions"]
    assert linux["apparmor"]["enabled"] is lsm.APPARMOR and linux["selinux"]["enabled"] is lsm.SELINUX


def test_features_names_what_this_kernel_has_for_filters(rt):
    seccomp = rt("features").json()["linux"]["seccomp"]
    assert "SCMP_ACT_NOTIFY" in seccomp["actions"]
    assert "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" in seccomp["knownFlags"]
    assert "SECCOMP_FILTER_FLAG_LOG" in seccomp["supportedFlags"]


@pytest.mark.must(161)
def test_every_mount_option_of_features_is_recognised(rt, box):
    words = rt("features").json()["mountOptions"]
    words = [w for w in words if w not in ("remount", "idmap", "ridmap", "tmpcopyup", "copy-symlink")]
    for i, word in enumerate(words):
        if "follow" in word or "bind" in word:
            box.cfg.bind("/bin", f"/mnt/{i}", word)
        else:
            box.cfg.mount(f"/mnt/{i}", "tmpfs", "tmpfs", [word])
    box.run().silent()


def test_spec_makes_a_config_that_runs(rt, box):
    os.unlink(box.save().dir + "/config.json")
    rt("spec", cwd=box.dir).silent()
    with open(f"{box.dir}/config.json") as f:
        config = json.load(f)
    assert config["process"]["args"] == ["sh"]
    assert "inheritable" not in config["process"]["capabilities"]
    config["process"].update(terminal=False, args=["true"])
    config["linux"]["cgroupsPath"] = box.cfg.linux["cgroupsPath"]
    config["process"].pop("rlimits", None)
    box.cfg.clear()
    box.cfg.update(config)
    box.run().silent()


def test_spec_does_not_overwrite(rt, box):
    with open(f"{box.save().dir}/config.json") as f:
        before = f.read()
    rt("spec", "--bundle", box.dir).fails("config.json")
    with open(f"{box.dir}/config.json") as f:
        assert f.read() == before


def test_spec_rootless_has_a_user_namespace(rt, tmp):
    rt("spec", "--rootless", "--bundle", tmp).silent()
    config = json.loads((tmp / "config.json").read_text())
    assert "user" in [n["type"] for n in config["linux"]["namespaces"]]
    assert config["linux"]["uidMappings"][0]["size"] == 1


# plan

def test_plan_changes_nothing(box):
    box.save()
    plan = box.rt("plan", "--bundle", box.dir, box.id).ok().out
    assert "/dev/pts" in plan
    box.host.assert_clean()
    assert sorted(os.listdir(box.dir)) == ["config.json", "rootfs"]


def test_plan_as_json_names_the_steps(box):
    box.save()
    plan = json.dumps(box.rt("plan", "--format", "json", "--bundle", box.dir, box.id).json())
    for step in ("state_create", "cgroup_create", "clone", "root_pivot", "exec"):
        assert step in plan


def test_plan_refuses_what_create_refuses(box):
    box.cfg.process["cwd"] = "relative"
    box.save().rt("plan", "--bundle", box.dir, box.id).fails("process.cwd")


def test_plan_needs_no_privilege(box):
    os.chmod(box.save().dir, 0o755)
    box.rt.prefix = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "--inh-caps=-all"]
    if os.stat(box.rt.path).st_mode & 0o005 != 0o005:
        pytest.skip(f"{box.rt.path} is not executable for others")
    result = box.rt("plan", "--bundle", box.dir, box.id, root=f"{box.dir}/state")
    assert result.rc == 0 and "user: new" in result.out and "a user namespace is added" in result.err, str(result)
    plan = box.rt("plan", "--bundle", box.dir, box.id, root=f"{box.dir}/state", before=["--rootless=false"]).ok().out
    assert "user: the caller's" in plan


def test_run_can_be_traced(box):
    result = box.run("--trace")
    assert result.rc == 0
    assert "root_pivot" in result.err and "exec" in result.err
