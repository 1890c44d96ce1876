// POSIX asynchronous I/O. libc reads into the program's buffer in a thread of its own, past this library. A
// program knows that a request is done when aio_error or aio_return says so, and there what it has written is
// marked: the control block, and the buffer of a read. A commit before that need not have it.
#include <aio.h>
#include <errno.h>

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

}  // namespace

// aio_read itself notes the operation in the block, so that `done` finds it there; libc uses the same
// numbers.
// clang-format off
SNAPSHOT_WRITER(int, aio_read, (aiocb *block), (block), object(block));
SNAPSHOT_WRITER(int, aio_read64, (aiocb64 *block), (block), object(block));
SNAPSHOT_WRITER(int, aio_write, (aiocb *block), (block), object(block));
SNAPSHOT_WRITER(int, aio_write64, (aiocb64 *block), (block), object(block));
SNAPSHOT_WRITER(int, aio_fsync, (int how, aiocb *block), (how, block), object(block));
SNAPSHOT_WRITER(int, aio_fsync64, (int how, aiocb64 *block), (how, block), object(block));
SNAPSHOT_WRITER(int, aio_error, (const aiocb *block), (block), asked(result, block));
SNAPSHOT_WRITER(int, aio_error64, (const aiocb64 *block), (block), asked(result, block));
SNAPSHOT_WRITER(ssize_t, aio_return, (aiocb *block), (block), done(block));
SNAPSHOT_WRITER(ssize_t, aio_return64, (aiocb64 *block), (block), done(block));
SNAPSHOT_WRITER(int, aio_cancel, (int fd, aiocb *block), (fd, block), object(block));
SNAPSHOT_WRITER(int, aio_cancel64, (int fd, aiocb64 *block), (fd, block), object(block));
SNAPSHOT_WRITER(int, aio_suspend, (const aiocb *const blocks[], int n, const timespec *time), (blocks, n, time), listed(blocks, n));
SNAPSHOT_WRITER(int, aio_suspend64, (const aiocb64 *const blocks[], int n, const timespec *time), (blocks, n, time), listed(blocks, n));
SNAPSHOT_WRITER(int, lio_listio, (int mode, aiocb *const blocks[], int n, sigevent *how), (mode, blocks, n, how), listed(blocks, n));
SNAPSHOT_WRITER(int, lio_listio64, (int mode, aiocb64 *const blocks[], int n, sigevent *how), (mode, blocks, n, how), listed(blocks, n));
// clang-format on
