// read, write and their relatives beside a mapping of the same file: one file, whichever way it is looked at,
// and what is written is committed like a store.
#include <sys/uio.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "files.h"
#include "in_child.h"

using namespace test;

namespace {

std::string text_file() {
  const std::string path = new_path();
  std::string bytes(3 * kPage, '.');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>('a' + i % 23);
  write_file(path, bytes);
  return path;
}

}  // namespace

TEST_CASE("every kind of read returns stores that are not committed yet") {
  const DataFile file(text_file());
  char *m = file.map(3 * kPage);
  store(m + 100, "STORED");
  char buffer[64] = {}, second[64] = {};
  const std::string expected(m + 98, 10);
  REQUIRE(expected.substr(2, 6) == "STORED");
  iovec parts[2] = {{buffer, 3}, {second, 7}};

  SECTION("read") {
    REQUIRE(lseek(file.fd, 98, SEEK_SET) == 98);
    CHECK(read(file.fd, buffer, 10) == 10);
    CHECK(std::string(buffer, 10) == expected);
    CHECK(lseek(file.fd, 0, SEEK_CUR) == 108);
    CHECK(read(file.fd, buffer, 10) == 10);
    CHECK(std::string(buffer, 10) == std::string(m + 108, 10));
  }
  SECTION("pread") {
    CHECK(pread(file.fd, buffer, 10, 98) == 10);
    CHECK(std::string(buffer, 10) == expected);
    CHECK(pread64(file.fd, buffer, 10, 98) == 10);
    CHECK(std::string(buffer, 10) == expected);
    CHECK(lseek(file.fd, 0, SEEK_CUR) == 0);
  }
  SECTION("readv") {
    REQUIRE(lseek(file.fd, 98, SEEK_SET) == 98);
    CHECK(readv(file.fd, parts, 2) == 10);
    CHECK(std::string(buffer, 3) + std::string(second, 7) == expected);
    CHECK(lseek(file.fd, 0, SEEK_CUR) == 108);
  }
  SECTION("preadv") {
    CHECK(preadv(file.fd, parts, 2, 98) == 10);
    CHECK(std::string(buffer, 3) + std::string(second, 7) == expected);
    CHECK(preadv64(file.fd, parts, 2, 98) == 10);
    CHECK(lseek(file.fd, 0, SEEK_CUR) == 0);
  }
  SECTION("through a read-only descriptor") {
    const DataFile reader(file.path, O_RDONLY);
    CHECK(reader.seen_bytes(98, 10) == expected);
  }
  CHECK(file.real_bytes(100, 6) != "STORED");
  REQUIRE(munmap(m, 3 * kPage) == 0);
}

TEST_CASE("every kind of write shows in the mapping at once, and in the file with the commit") {
  DataFile file(text_file());
  const std::string before = raw_bytes(file.path);
  char *m = file.map(3 * kPage);
  char text[] = "WRITTEN";
  iovec parts[2] = {{text, 3}, {text + 3, 4}};
  const std::size_t at = 2 * kPage - 3;

  SECTION("write") {
    REQUIRE(lseek(file.fd, static_cast<off_t>(at), SEEK_SET) == static_cast<off_t>(at));
    CHECK(write(file.fd, text, 7) == 7);
    CHECK(lseek(file.fd, 0, SEEK_CUR) == static_cast<off_t>(at) + 7);
  }
  SECTION("pwrite") {
    CHECK(pwrite(file.fd, text, 7, static_cast<off_t>(at)) == 7);
    CHECK(lseek(file.fd, 0, SEEK_CUR) == 0);
  }
  SECTION("pwrite64") { CHECK(pwrite64(file.fd, text, 7, static_cast<off_t>(at)) == 7); }
  SECTION("writev") {
    REQUIRE(lseek(file.fd, static_cast<off_t>(at), SEEK_SET) == static_cast<off_t>(at));
    CHECK(writev(file.fd, parts, 2) == 7);
    CHECK(lseek(file.fd, 0, SEEK_CUR) == static_cast<off_t>(at) + 7);
  }
  SECTION("pwritev") { CHECK(pwritev(file.fd, parts, 2, static_cast<off_t>(at)) == 7); }
  SECTION("pwritev64") { CHECK(pwritev64(file.fd, parts, 2, static_cast<off_t>(at)) == 7); }
  SECTION("pwritev2") { CHECK(pwritev2(file.fd, parts, 2, static_cast<off_t>(at), 0) == 7); }
  SECTION("pwritev64v2, at the position") {
    REQUIRE(lseek(file.fd, static_cast<off_t>(at), SEEK_SET) == static_cast<off_t>(at));
    CHECK(pwritev64v2(file.fd, parts, 2, -1, RWF_HIPRI) == 7);
    CHECK(lseek(file.fd, 0, SEEK_CUR) == static_cast<off_t>(at) + 7);
  }
  SECTION("through a write-only descriptor") {
    const DataFile writer(file.path, O_WRONLY);
    CHECK(pwrite(writer.fd, text, 7, static_cast<off_t>(at)) == 7);
  }
  CHECK(std::string(m + at, 7) == "WRITTEN");
  CHECK((raw_bytes(file.path) == before));
  REQUIRE(fsync(file.fd) == 0);
  std::string expected = before;
  expected.replace(at, 7, "WRITTEN");
  CHECK((raw_bytes(file.path) == expected));
  REQUIRE(munmap(m, 3 * kPage) == 0);
}

TEST_CASE("written and then killed without a commit, nothing has been written") {
  const std::string path = text_file(), before = raw_bytes(path);
  const int status = in_child([&] {
    const DataFile file(path);
    char *m = file.map(3 * kPage);
    if (pwrite(file.fd, "lost", 4, 50) != 4 || m[50] != 'l') return 1;
    if (pwrite(file.fd, "lost", 4, 3 * kPage) != -1 && pwrite(file.fd, "lost", 4, 3 * kPage) != 4) return 2;
    return raise(SIGKILL);
  });
  REQUIRE(status == 128 + SIGKILL);
  const DataFile file(path);
  char *m = file.map(kPage);
  REQUIRE(munmap(m, kPage) == 0);
  CHECK((raw_bytes(path) == before));
}

TEST_CASE("a file stream of C++ reads and writes what the mapping shows") {
  DataFile file(text_file());
  char *m = file.map(3 * kPage);
  store(m, "stored");
  std::fstream stream(file.path, std::ios::in | std::ios::out | std::ios::binary);
  char buffer[7] = {};
  CHECK(stream.read(buffer, 6).good());
  CHECK(std::string(buffer) == "stored");
  stream.seekp(100);
  stream << "streamed" << std::flush;
  CHECK(std::string(m + 100, 8) == "streamed");
  CHECK(file.real_bytes(100, 8) != "streamed");
  REQUIRE(munmap(m, 3 * kPage) == 0);
  CHECK(file.real_bytes(100, 8) == "streamed");
}

TEST_CASE("a write to a synchronous descriptor is committed when it returns") {
  DataFile file(text_file());
  char *m = file.map(3 * kPage);
  const int flag = GENERATE(O_SYNC, O_DSYNC);
  const DataFile writer(file.path, O_WRONLY | flag);
  store(m, "with it");
  REQUIRE(pwrite(writer.fd, "at once", 7, kPage) == 7);
  CHECK(file.real_bytes(kPage, 7) == "at once");
  CHECK(file.real_bytes(0, 7) == "with it");
  REQUIRE(munmap(m, 3 * kPage) == 0);
}

TEST_CASE("reads end at the end of the file") {
  const DataFile file(text_file());
  char *m = file.map(3 * kPage);
  char buffer[100];
  CHECK(pread(file.fd, buffer, 100, 3 * kPage - 10) == 10);
  CHECK(pread(file.fd, buffer, 100, 3 * kPage) == 0);
  CHECK(pread(file.fd, buffer, 0, 0) == 0);
  REQUIRE(lseek(file.fd, 3 * kPage - 10, SEEK_SET) == 3 * kPage - 10);
  CHECK(read(file.fd, buffer, 100) == 10);
  CHECK(read(file.fd, buffer, 100) == 0);
  CHECK(lseek(file.fd, 0, SEEK_CUR) == 3 * kPage);

  SECTION("at the new one after a shrink") {
    REQUIRE(ftruncate(file.fd, 50) == 0);
    REQUIRE(lseek(file.fd, 45, SEEK_SET) == 45);
    CHECK(read(file.fd, buffer, 100) == 5);
    CHECK(lseek(file.fd, 0, SEEK_CUR) == 50);
    CHECK(read(file.fd, buffer, 100) == 0);
    REQUIRE(lseek(file.fd, 60, SEEK_SET) == 60);
    CHECK(read(file.fd, buffer, 100) == 0);
    CHECK(lseek(file.fd, 0, SEEK_CUR) == 60);
  }
  REQUIRE(munmap(m, 3 * kPage) == 0);
}

TEST_CASE("append mode appends, wherever the position is, and pwrite appends, too, as on Linux") {
  DataFile file(text_file(), O_RDWR | O_APPEND | O_CLOEXEC);
  char *m = file.map(4 * kPage);
  REQUIRE(lseek(file.fd, 5, SEEK_SET) == 5);
  REQUIRE(write(file.fd, "one", 3) == 3);
  CHECK(lseek(file.fd, 0, SEEK_CUR) == 3 * kPage + 3);
  REQUIRE(pwrite(file.fd, "two", 3, 0) == 3);
  CHECK(file.seen_size() == 3 * kPage + 6);
  CHECK(std::string(m + 3 * kPage, 6) == "onetwo");
  REQUIRE(munmap(m, 4 * kPage) == 0);
  CHECK(file.real_bytes(3 * kPage, 6) == "onetwo");
}

TEST_CASE("pwritev2 appends and commits, as its flags say, and refuses flags that are not known") {
  DataFile file(text_file());
  char *m = file.map(4 * kPage);
  char text[] = "one";
  const iovec part = {text, 3};
  CHECK(pwritev2(file.fd, &part, 1, 0, RWF_APPEND) == 3);
  CHECK(file.seen_size() == 3 * kPage + 3);
  CHECK(std::string(m + 3 * kPage, 3) == "one");
  CHECK(pwritev2(file.fd, &part, 1, 7, RWF_NOWAIT) == -1);
  CHECK(errno == EOPNOTSUPP);
  CHECK(file.real_bytes(7, 3) != "one");
  CHECK(pwritev2(file.fd, &part, 1, 7, RWF_DSYNC) == 3);
  CHECK(file.real_bytes(7, 3) == "one");
  CHECK(file.real_bytes(3 * kPage, 3) == "one");
  REQUIRE(munmap(m, 4 * kPage) == 0);
}

TEST_CASE("errors of read and write are the kernel's") {
  const DataFile file(text_file());
  char *m = file.map(3 * kPage);
  const DataFile reader(file.path, O_RDONLY), writer(file.path, O_WRONLY);
  char byte = 'x';
  const auto fails = [](ssize_t result, int error) { return result == -1 && errno == error; };
  CHECK(fails(write(reader.fd, &byte, 1), EBADF));
  CHECK(fails(read(writer.fd, &byte, 1), EBADF));
  CHECK(fails(pwrite(file.fd, &byte, 1, -1), EINVAL));
  CHECK(fails(pread(file.fd, &byte, 1, -1), EINVAL));
  CHECK(fails(writev(file.fd, nullptr, 1), EFAULT));
  CHECK(fails(writev(file.fd, nullptr, -1), EINVAL));
  CHECK(fails(write(-1, &byte, 1), EBADF));
  CHECK(fails(lseek(file.fd, -1, SEEK_SET), EINVAL));
  CHECK(write(file.fd, &byte, 0) == 0);
  CHECK(writev(file.fd, nullptr, 0) == 0);
  REQUIRE(munmap(m, 3 * kPage) == 0);
}

TEST_CASE("a read into a managed buffer is a store") {
  const DataFile file(4 * kPage);
  char *m = file.map(4 * kPage);
  const std::string other = text_file();
  const std::string expected = raw_bytes(other).substr(0, 2 * kPage);

  SECTION("from another file") {
    const DataFile source(other, O_RDONLY);
    REQUIRE(read(source.fd, m + 100, 2 * kPage) == 2 * kPage);
  }
  SECTION("from another file, in parts") {
    const DataFile source(other, O_RDONLY);
    iovec parts[3] = {{m + 100, 1000}, {m + 1100, 5000}, {m + 6100, 2 * kPage - 6000}};
    REQUIRE(preadv(source.fd, parts, 3, 0) == 2 * kPage);
  }
  SECTION("from a pipe, in pieces") {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    REQUIRE(write(ends[1], expected.data(), 2 * kPage) == 2 * kPage);
    close(ends[1]);
    for (std::size_t at = 0; at < 2 * kPage;) {
      const ssize_t n = read(ends[0], m + 100 + at, std::min<std::size_t>(3000, 2 * kPage - at));
      REQUIRE(n > 0);
      at += static_cast<std::size_t>(n);
    }
    close(ends[0]);
  }
  SECTION("from the same file") {
    store(m + 3 * kPage, expected.substr(0, kPage));
    REQUIRE(pread(file.fd, m + 100, kPage, 3 * kPage) == kPage);
    REQUIRE(pread(file.fd, m + 100 + kPage, 1, 3 * kPage) == 1);
    store(m + 100 + kPage, expected.substr(kPage));
  }
  SECTION("from another managed file") {
    const DataFile source(other);
    char *n = source.map(3 * kPage);
    store(n, 'a');
    REQUIRE(pread(source.fd, m + 100, 2 * kPage, 0) == 2 * kPage);
    REQUIRE(munmap(n, 3 * kPage) == 0);
  }
  CHECK((std::string(m + 100, 2 * kPage) == expected));
  CHECK(file.real_bytes(100, 10) == zeros(10));
  REQUIRE(msync(m, 4 * kPage, MS_SYNC) == 0);
  CHECK((file.real_bytes(100, 2 * kPage) == expected));
  REQUIRE(munmap(m, 4 * kPage) == 0);
}

TEST_CASE("a write from a managed buffer writes what the program sees") {
  const DataFile file(kPage);
  char *m = file.map(kPage);
  store(m, "uncommitted");
  const DataFile target(0);
  REQUIRE(write(target.fd, m, 11) == 11);
  CHECK(raw_bytes(target.path) == "uncommitted");

  SECTION("into the same file") {
    REQUIRE(pwrite(file.fd, m, 11, 11) == 11);
    CHECK(std::string(m, 22) == "uncommitteduncommitted");
  }
  SECTION("into another managed file") {
    const DataFile second(kPage);
    char *n = second.map(kPage);
    REQUIRE(pwrite(second.fd, m, 11, 64) == 11);
    CHECK(std::string(n + 64, 11) == "uncommitted");
    REQUIRE(munmap(n, kPage) == 0);
    CHECK(second.real_bytes(64, 11) == "uncommitted");
  }
  REQUIRE(munmap(m, kPage) == 0);
}

TEST_CASE("writes at many places and sizes are what the same writes make of an ordinary file") {
  const std::string path = text_file();
  std::string model = raw_bytes(path);
  const DataFile file(path);
  char *m = file.map(8 * kPage);
  unsigned random = 12345;
  const auto next = [&](unsigned below) { return (random = random * 1664525 + 1013904223) / 7 % below; };
  for (int i = 0; i < 400; ++i) {
    const std::size_t at = next(6 * kPage), bytes = 1 + next(i % 10 == 0 ? 6000 : 90);
    const std::string text(bytes, static_cast<char>('A' + i % 26));
    if (next(4) == 0 && at + bytes <= model.size()) {
      store(m + at, text);
      model.replace(at, bytes, text);
    } else if (next(8) == 0) {
      model.resize(at);
      REQUIRE(ftruncate(file.fd, static_cast<off_t>(at)) == 0);
    } else {
      if (model.size() < at + bytes) model.resize(at + bytes);
      model.replace(at, bytes, text);
      REQUIRE(pwrite(file.fd, text.data(), bytes, static_cast<off_t>(at)) == static_cast<ssize_t>(bytes));
    }
    if (next(10) == 0) REQUIRE(fsync(file.fd) == 0);
    REQUIRE((file.seen_bytes(0, 9 * kPage) == model));
    REQUIRE((std::string(m, model.size()) == model));
  }
  REQUIRE(fsync(file.fd) == 0);
  CHECK((raw_bytes(path) == model));
  REQUIRE(munmap(m, 8 * kPage) == 0);
  CHECK((raw_bytes(path) == model));
}
