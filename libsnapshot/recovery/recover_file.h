// Recovery of one data file by name, for tools: takes the lock, judges, acts, removes the log. Errors go to
// last_error_text() and, unless message_level is off, to standard error.
#pragma once
#include "platform/copy_file.h"
#include "recovery/recovery.h"

namespace snapshot {

struct FileReport {
  Findings findings;
  LogView log;  // header and records as found; its fd is closed. Zeros when there is no log
};

// What recovery would do with data_path. Changes nothing, and does not keep a program that starts meanwhile
// from its file. EAGAIN: a process is writing it now. Each error has a message (last_error_text()).
Status inspect_file(const char *data_path, FileReport *out);

// Recovers data_path and removes its log. EAGAIN: a process is writing it now. What was done is in *out.
Status recover_file(const char *data_path, FileReport *out, Contention contention = Contention::report);

// The same of a file that the program has opened for reading and writing. Opens it no second time: when a
// descriptor is closed, the process loses its POSIX locks (fcntl) on the file, whatever descriptor they were
// taken by.
Status recover_open_file(const char *data_path, int data_fd, FileReport *out, Contention contention);

// Makes copy_path, which must not exist, a durable copy of data_path as recovery would leave it; data file
// and log stay as they are. If a process is writing the file, it goes on, and the copy is as of a commit not
// older than the last that had returned before the call (copy_in_use.h). If none is, programs that start
// meanwhile are told that the file is taken, or wait (SNAPSHOT_WAIT=1), as during a recovery. The copy gets
// its name when it is whole, so a crash leaves no part of it. (Of a file without a log it may leave a log
// that holds nothing, which the next open removes; of one in use a journal, which its process or the next
// backup removes.) EAGAIN: another backup of it, or a process that takes no part in one. EEXIST: there is a
// copy_path. EINTR: progress said so. Each error has a message.
Status back_up_file(const char *data_path, const char *copy_path, CopyProgress progress, FileReport *out);

}  // namespace snapshot
