// A shared object that is no plug-in.

extern "C" int Answer() {
  return 42;
}
