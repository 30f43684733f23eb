#include "ui/app.h"

#include "compute/process.h"

int main(int argc, char **argv)
{
    process_prepare();
    return tincture_app_run(tincture_app_new(), argc, argv);
}
