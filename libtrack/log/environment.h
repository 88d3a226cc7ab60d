// Names of the environment variables through which `mqtrack run` talks to the recorder, and the log's place on disk.
// Shared by both sides; includes nothing.
#pragma once

namespace mqtrack::log {

/// Directory of the logs; default kDefaultLogDirPrefix + uid. Created 0700 if missing.
inline constexpr char kEnvLogDir[] = "MQTRACK_LOG_DIR";
/// Mean sampling interval in bytes, a plain decimal number; unset or 0: exact mode.
inline constexpr char kEnvSample[] = "MQTRACK_SAMPLE";
/// Most bytes a log may occupy, a plain decimal number; default kDefaultLogLimit.
inline constexpr char kEnvLogLimit[] = "MQTRACK_LOG_LIMIT";
/// Pid of the `mqtrack run` that started it all, a plain decimal number: its child is the command the user named. Other
/// processes that end normally within a second leave no log, so that a command with many helpers does not fill the
/// directory.
inline constexpr char kEnvLauncherPid[] = "MQTRACK_LAUNCHER_PID";
/// What is not to be recorded: names of kRecordables (libtrack/log/kinds.h), separated by commas.
inline constexpr char kEnvWithout[] = "MQTRACK_WITHOUT";
/// Which `mqtrack run` it is: PID-NANOSECONDS of its start. Every process that it starts inherits it, wherever it is in
/// the tree.
inline constexpr char kEnvRun[] = "MQTRACK_RUN";
/// "1": processes leave their logs however short they live, since `mqtrack run` takes a snapshot of each at the end.
inline constexpr char kEnvKeepLogs[] = "MQTRACK_KEEP_LOGS";
/// "1": the recorder passes everything through and writes no log.
inline constexpr char kEnvDisable[] = "MQTRACK_DISABLE";
/// "1": the recorder says on stderr why it does not record; otherwise it is silent.
inline constexpr char kEnvVerbose[] = "MQTRACK_VERBOSE";

/// For snapshots that a service takes of itself (track/track.h): the path of the command line, and the folder that they
/// go to. Set by `mqtrack run`.
inline constexpr char kEnvCommand[] = "MQTRACK_CLI";
inline constexpr char kEnvSnapshotDir[] = "MQTRACK_SNAPSHOT_DIR";

inline constexpr char kDefaultLogDirPrefix[] = "/dev/shm/mqtrack-";
inline constexpr unsigned long long kDefaultLogLimit = 4ULL << 30;
/// File name: <pid>-<start ticks>.log; of a process in a container, whose pid others may have as well at the same time,
/// <pid>-<start ticks>-<inode of its pid namespace>.log
inline constexpr char kLogSuffix[] = ".log";
/// File name of a RunTally (libtrack/log/layout.h), beside the logs: <nanoseconds of kEnvRun>.run
inline constexpr char kTallySuffix[] = ".run";

}  // namespace mqtrack::log
