#include "ui/app.h"

#include "compute/process.h"
#include "ui/core/language.h"

int main(int argc, char **argv)
{
    process_prepare();
    language_begin();
    return tincture_app_run(tincture_app_new(), argc, argv);
}
