// POSIX asynchronous I/O. libc reads into the program's buffer in a thread of its own, past this library. A
// program knows that a request is done when aio_error or aio_return says so, and there what it has written is
// marked: the control block, and the buffer of a read. A commit before that need not have it.
//
// Requests for a managed file itself are refused: libc's thread would read and write past the working copy,
// and sync what no commit has written.
#include <aio.h>
#include <errno.h>

#include "api/registry.h"
#include "base/message.h"
#include "interpose/edge.h"
#include "interpose/writer.h"

using namespace snapshot;

namespace {

template <typename Block>
void done(const Block *block) {
  object(block);
  if (SNAPSHOT_UNLIKELY((block->aio_lio_opcode & 127) == LIO_READ))
    written(const_cast<const void *>(block->aio_buf), block->aio_nbytes);
}

template <typename Block>
void asked(int error, const Block *block) {
  if (error != EINPROGRESS) done(block);
}

template <typename Block>
void listed(Block *const *blocks, int n) {
  for (int i = 0; i < n; ++i)
    if (blocks[i] != nullptr) done(blocks[i]);
}

template <typename Block>
bool refused(const Block *block) {
  RegisteredFile *file;
  if (block == nullptr || !any_managed()) return false;
  if (!file_by_fd(block->aio_fildes, &file).ok()) return true;
  if (file == nullptr) return false;
  Message m;
  m << file->path.c_str()
    << ": is mapped and managed, and POSIX asynchronous I/O would bypass that; use pread, pwrite "
    << "and fsync, or exclude the file with SNAPSHOT_IGNORE";
  (void)fail(ENOSYS, m);
  return true;
}

template <typename Real, typename Block>
int ask(Real *real, Block *block) {
  if (SNAPSHOT_UNLIKELY(refused(block))) return static_cast<int>(edge(Status{ENOSYS}));
  const int result = real(block);
  object(block);
  return result;
}

template <typename Real, typename Block>
int ask_to_sync(Real *real, int how, Block *block) {
  if (SNAPSHOT_UNLIKELY(refused(block))) return static_cast<int>(edge(Status{ENOSYS}));
  const int result = real(how, block);
  object(block);
  return result;
}

template <typename Real, typename Block>
int ask_all(Real *real, int mode, Block *const blocks[], int n, sigevent *how) {
  for (int i = 0; i < n; ++i)
    if (SNAPSHOT_UNLIKELY(refused(blocks[i]))) return static_cast<int>(edge(Status{ENOSYS}));
  const int result = real(mode, blocks, n, how);
  listed(blocks, n);
  return result;
}

}  // namespace

// aio_read itself notes the operation in the block, so that `done` finds it there; libc uses the same
// numbers.
SNAPSHOT_EXPORT int aio_read(aiocb *block) noexcept { return ask(SNAPSHOT_REAL(aio_read), block); }
SNAPSHOT_EXPORT int aio_read64(aiocb64 *block) noexcept { return ask(SNAPSHOT_REAL(aio_read64), block); }
SNAPSHOT_EXPORT int aio_write(aiocb *block) noexcept { return ask(SNAPSHOT_REAL(aio_write), block); }
SNAPSHOT_EXPORT int aio_write64(aiocb64 *block) noexcept { return ask(SNAPSHOT_REAL(aio_write64), block); }
SNAPSHOT_EXPORT int aio_fsync(int how, aiocb *block) noexcept {
  return ask_to_sync(SNAPSHOT_REAL(aio_fsync), how, block);
}
SNAPSHOT_EXPORT int aio_fsync64(int how, aiocb64 *block) noexcept {
  return ask_to_sync(SNAPSHOT_REAL(aio_fsync64), how, block);
}
SNAPSHOT_EXPORT int lio_listio(int mode, aiocb *const blocks[], int n, sigevent *how) noexcept {
  return ask_all(SNAPSHOT_REAL(lio_listio), mode, blocks, n, how);
}
SNAPSHOT_EXPORT int lio_listio64(int mode, aiocb64 *const blocks[], int n, sigevent *how) noexcept {
  return ask_all(SNAPSHOT_REAL(lio_listio64), mode, blocks, n, how);
}

// clang-format off
SNAPSHOT_WRITER(int, aio_error, (const aiocb *block), (block), asked(result, block));
SNAPSHOT_WRITER(int, aio_error64, (const aiocb64 *block), (block), asked(result, block));
SNAPSHOT_WRITER(ssize_t, aio_return, (aiocb *block), (block), done(block));
SNAPSHOT_WRITER(ssize_t, aio_return64, (aiocb64 *block), (block), done(block));
SNAPSHOT_WRITER(int, aio_cancel, (int fd, aiocb *block), (fd, block), object(block));
SNAPSHOT_WRITER(int, aio_cancel64, (int fd, aiocb64 *block), (fd, block), object(block));
SNAPSHOT_WRITER(int, aio_suspend, (const aiocb *const blocks[], int n, const timespec *time), (blocks, n, time), listed(blocks, n));
SNAPSHOT_WRITER(int, aio_suspend64, (const aiocb64 *const blocks[], int n, const timespec *time), (blocks, n, time), listed(blocks, n));
// clang-format on
