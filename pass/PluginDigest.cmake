# cmake -DOUTPUT=<header> -DFILES=<file,file...> -P PluginDigest.cmake: defines SNAPSHOT_PLUGIN_DIGEST
string(REPLACE "," ";" FILES "${FILES}")
set(_digests "")
foreach(_file IN LISTS FILES)
  file(SHA256 ${_file} _digest)
  string(APPEND _digests ${_digest})
endforeach()
string(SHA256 _digest "${_digests}")
file(WRITE ${OUTPUT} "#define SNAPSHOT_PLUGIN_DIGEST \"${_digest}\"\n")
