#include "json_document.h"
#include "json_reader.h"

void dcb_json_decode_pyperf(struct dcb_json_reader *reader, void *root,
                            struct dcb_document *document)
{
    (void)root;
    (void)document;
    dcb_json_fail(reader, NULL, "pyperf files are not read yet");
}
