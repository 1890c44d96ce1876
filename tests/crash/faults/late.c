// A library that ends after Snapshot's: it comes later on the command line of the linker, and neither needs
// the other.
void (*faults_after_library)(void);

__attribute__((destructor)) static void end(void) {
  if (faults_after_library != 0) faults_after_library();
}
