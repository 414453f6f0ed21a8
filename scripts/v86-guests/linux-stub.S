# The way into a 32-bit Linux kernel without a BIOS: v86 starts it as a multiboot image, the host has put the
# kernel and its boot parameters into memory. It enters as the kernel's 32-bit boot protocol wants it: flat
# segments 0x10 and 0x18, interrupts off, ESI at the boot parameters, EBP, EDI and EBX zero.
#
# src/machine/v86/linux-stub.ts holds its bytes, so that nobody needs an assembler:
#   as --32 -o linux-stub.o linux-stub.S
#   ld -m elf_i386 -Ttext 0x8000 --oformat binary -o linux-stub.bin linux-stub.o

.set BOOT_PARAMETERS, 0x10000
.set STACK, 0x8f000

.globl _start
_start:
header:
  .long 0x1badb002, 0x00010000, -(0x1badb002 + 0x00010000)
  .long header, header, end, end, enter

enter:
  cli
  lgdt table
  ljmp $0x10, $flat
flat:
  movw $0x18, %ax
  movw %ax, %ds
  movw %ax, %es
  movw %ax, %fs
  movw %ax, %gs
  movw %ax, %ss
  movl $STACK, %esp
  xorl %ebp, %ebp
  xorl %edi, %edi
  xorl %ebx, %ebx
  movl $BOOT_PARAMETERS, %esi
  jmp *entry

  .balign 8
descriptors:
  .quad 0, 0
  .quad 0x00cf9a000000ffff
  .quad 0x00cf92000000ffff
table:
  .word 31
  .long descriptors
  .balign 4
entry:                        # the last word: where the kernel begins, written by the host
  .long 0
end:
