#include "virtual_machine.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

namespace guest {
namespace {

std::vector<std::string> command(const MachineFiles &files, const std::string &what) {
  struct stat st;
  if (stat(files.memory.c_str(), &st) != 0) throw std::runtime_error("no file " + files.memory);
  const std::string bytes = std::to_string(st.st_size);
  return {"qemu-system-x86_64",
          "-machine",
          "pc,accel=tcg,nvdimm=on",
          "-cpu",
          "max",
          "-m",
          "256M,slots=2,maxmem=2G",
          "-object",
          "memory-backend-file,id=nv,share=on,mem-path=" + files.memory + ",size=" + bytes,
          "-device",
          "nvdimm,memdev=nv,id=nvdimm1",
          "-nodefaults",
          "-display",
          "none",
          "-no-reboot",
          "-nic",
          "none",
          "-kernel",
          files.kernel,
          "-initrd",
          files.initial_disk,
          "-append",
          "console=ttyS0 quiet panic=-1 nokaslr mitigations=off tsc=reliable random.trust_cpu=on "
          "no_timer_check " +
              what,
          "-serial",
          "file:" + files.console,
          "-chardev",
          "stdio,id=talk,signal=off",
          "-serial",
          "chardev:talk"};
}

}  // namespace

VirtualMachine::VirtualMachine(const MachineFiles &files, const std::string &what) {
  auto words = command(files, what);
  std::vector<char *> argv;
  for (std::string &w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("socketpair");
  line_ = ends[0];
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(ends[1], 0);
    dup2(ends[1], 1);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  close(ends[1]);
}

VirtualMachine::~VirtualMachine() {
  kill_now();
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  close(line_);
}

void VirtualMachine::kill_now() const { (void)kill(pid_, SIGKILL); }

bool VirtualMachine::fill(double seconds) {
  pollfd ready = {line_, POLLIN, 0};
  char bytes[4096];
  int changed;
  do changed = poll(&ready, 1, static_cast<int>(seconds * 1000));
  while (changed < 0 && errno == EINTR);
  if (changed != 1) return false;
  const ssize_t n = read(line_, bytes, sizeof bytes);
  if (n > 0) heard_.append(bytes, static_cast<std::size_t>(n));
  return n > 0;
}

std::optional<std::string> VirtualMachine::read_line(double seconds) {
  std::size_t end;
  while ((end = heard_.find('\n')) == std::string::npos)
    if (!fill(seconds)) return std::nullopt;
  std::string line = heard_.substr(0, end);
  heard_.erase(0, end + 1);
  while (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

void VirtualMachine::write_line(const std::string &line) const {
  const std::string text = line + "\n";
  if (write(line_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("the virtual machine does not listen");
}

}  // namespace guest
