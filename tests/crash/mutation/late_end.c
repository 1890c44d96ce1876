// A library that ends after libsnapshot: it is linked behind it, and neither needs the other.
void (*at_the_late_end)(void);
__attribute__((destructor)) static void end(void) {
  if (at_the_late_end) at_the_late_end();
}
