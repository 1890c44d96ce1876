// gdbm, for the kill rounds. A batch is made durable by one gdbm_sync. gdbm unmaps its file and maps it anew
// whenever it grows, in the midst of a batch, so it is run with SNAPSHOT_MUNMAP=keep.
#include <gdbm.h>
#include <sys/stat.h>

#include <string>

#include "subject.h"

namespace {

datum datum_of(const std::string &text) {
  return {const_cast<char *>(text.data()), static_cast<int>(text.size())};
}
// What gdbm gives away is the caller's to free.
std::string text_of(const datum &d) {
  std::string text(d.dptr, static_cast<std::size_t>(d.dsize));
  free(d.dptr);
  return text;
}

class Gdbm final : public real_programs::Store {
 public:
  void open(const char *file) override {
    // Killed while gdbm was making it, before it was mapped: what it makes first has 16 KiB.
    struct stat st;
    const bool unfinished = stat(file, &st) == 0 && st.st_size < 16384;
    file_ = gdbm_open(file, 0, unfinished ? GDBM_NEWDB : GDBM_WRCREAT, 0644, nullptr);
    if (file_ == nullptr) quit(EXIT_DAMAGED, "damaged: gdbm_open: %s", gdbm_strerror(gdbm_errno));
  }

  records::Records read_all() override {
    records::Records all;
    for (datum key = found(gdbm_firstkey(file_)); key.dptr != nullptr;) {
      const datum value = gdbm_fetch(file_, key);
      if (value.dptr == nullptr)
        quit(EXIT_DAMAGED, "damaged: a key without its value: %s", gdbm_db_strerror(file_));
      const datum next = found(gdbm_nextkey(file_, key));
      if (!all.emplace(text_of(key), text_of(value)).second)
        quit(EXIT_DAMAGED, "damaged: a record is there twice");
      key = next;
    }
    return all;
  }

  void begin() override {}
  void perform(const records::Operation &operation) override {
    const datum key = datum_of(operation.key);
    switch (operation.kind) {
      case records::Operation::set:
        return demand(gdbm_store(file_, key, datum_of(operation.value), GDBM_REPLACE), "gdbm_store");
      case records::Operation::remove:
        if (gdbm_delete(file_, key) != 0 && gdbm_errno != GDBM_ITEM_NOT_FOUND) demand(-1, "gdbm_delete");
        return;
      default: {
        const datum before = gdbm_fetch(file_, key);
        const std::string value =
            (before.dptr == nullptr ? std::string() : text_of(before)) + operation.value;
        return demand(gdbm_store(file_, key, datum_of(value), GDBM_REPLACE), "gdbm_store");
      }
    }
  }
  void commit() override { demand(gdbm_sync(file_), "gdbm_sync"); }
  void close() override { demand(gdbm_close(file_), "gdbm_close"); }

 private:
  // A key, or the end.
  datum found(datum key) {
    if (key.dptr == nullptr && (gdbm_errno != GDBM_ITEM_NOT_FOUND || gdbm_needs_recovery(file_)))
      quit(EXIT_DAMAGED, "damaged: %s", gdbm_db_strerror(file_));
    return key;
  }

  void demand(int result, const char *what) {
    if (result != 0) quit(EXIT_USAGE, "%s: %s", what, gdbm_db_strerror(file_));
  }

  GDBM_FILE file_ = nullptr;
};

}  // namespace

int main(int argc, char **argv) {
  Gdbm gdbm;
  return real_programs::main_of(gdbm, argc, argv);
}
