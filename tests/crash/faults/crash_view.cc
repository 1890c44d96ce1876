#include "crash_view.h"

#include "injector.h"
#include "log/format.h"
#include "log/sidecar.h"
#include "platform/hash.h"
#include "quiet.h"
#include "raw_file.h"
#include "recovery/recover_file.h"

namespace faults {
namespace {

namespace format = snapshot::format;

std::uint64_t checksum_of(format::Header header) {
  header.checksum = 0;
  return snapshot::hash_lines(snapshot::HashKey(format::kMagic), 0, &header, sizeof header);
}

// The log names its data file by inode and birth: let it name the copy. A header that is not whole stays as
// it is.
void give_to(const std::string &data_path, std::string *log) {
  format::Header header;
  if (log->size() < sizeof header) return;
  log->copy(reinterpret_cast<char *>(&header), sizeof header);
  if (header.checksum != checksum_of(header)) return;
  snapshot::FileIdentity identity;
  const RawFile file(data_path, O_RDONLY);
  if (!snapshot::identify(file.fd(), &identity).ok()) throw std::runtime_error("identify");
  header.file_inode = identity.inode;
  header.file_birth_ns = identity.birth_ns;
  header.checksum = checksum_of(header);
  log->replace(0, sizeof header, reinterpret_cast<const char *>(&header), sizeof header);
}

}  // namespace

std::string recovered(const View &view, const std::string &path) {
  const Unobserved ours;
  const std::string log_path = path + ".snaplog";
  put_bytes(path, view.data);
  remove_if_there(log_path);
  if (view.log) {
    std::string log = *view.log;
    give_to(path, &log);
    put_bytes(log_path, log);
  }
  snapshot::FileReport report;
  if (!snapshot::recover_file(path.c_str(), &report).ok())
    throw std::runtime_error(std::string("recovery refuses (") + view.name + "): " + test::last_error());
  return bytes_in(path);
}

}  // namespace faults
