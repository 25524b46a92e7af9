; tools/native_ir.py made this from pool.c (b792471251700ce9) with clang 19.

%struct.block = type { i64, ptr, i64, i64, i64, i64, i64, i64, ptr, ptr, i64, ptr, ptr, ptr, %struct.libc, [16 x i64], [40 x i8], i64, i64, i64, i64, [96 x i8], i64, i64, i64, i64, i64, [88 x i8], i64, i64, i64, i64, [32 x i8], ptr, ptr, ptr, ptr, i64, i64, i64, i64, i64, [120 x i8], [1023 x %struct.slot], [130304 x i8], i64, [120 x i8] }
%struct.libc = type { ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr }
%struct.slot = type { [4 x i64], i64, ptr, i64, i64, i64, [56 x i8] }
%struct.job = type { ptr, ptr, ptr, ptr, i64, i64, i64, i64 }
%struct.moment = type { i64, i64 }

define void @fastact_pool_native(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  store ptr %0, ptr %2, align 8
  %3 = load ptr, ptr %2, align 8
  %4 = getelementptr inbounds %struct.block, ptr %3, i32 0, i32 1
  store ptr @launch, ptr %4, align 8
  %5 = load ptr, ptr %2, align 8
  %6 = getelementptr inbounds %struct.block, ptr %5, i32 0, i32 8
  store ptr @quiesce, ptr %6, align 64
  %7 = load ptr, ptr %2, align 8
  %8 = getelementptr inbounds %struct.block, ptr %7, i32 0, i32 9
  store ptr @run_for_ufunc, ptr %8, align 8
  ret void
}

define internal i64 @launch(ptr noundef %0, ptr noundef %1, ptr noundef %2, ptr noundef %3, ptr noundef %4, i64 noundef %5, i64 noundef %6, i64 noundef %7, i64 noundef %8) #0 {
  %10 = alloca i64, align 8
  %11 = alloca ptr, align 8
  %12 = alloca ptr, align 8
  %13 = alloca ptr, align 8
  %14 = alloca ptr, align 8
  %15 = alloca ptr, align 8
  %16 = alloca i64, align 8
  %17 = alloca i64, align 8
  %18 = alloca i64, align 8
  %19 = alloca i64, align 8
  %20 = alloca %struct.job, align 8
  %21 = alloca i8, align 1
  store ptr %0, ptr %11, align 8
  store ptr %1, ptr %12, align 8
  store ptr %2, ptr %13, align 8
  store ptr %3, ptr %14, align 8
  store ptr %4, ptr %15, align 8
  store i64 %5, ptr %16, align 8
  store i64 %6, ptr %17, align 8
  store i64 %7, ptr %18, align 8
  store i64 %8, ptr %19, align 8
  %22 = getelementptr inbounds %struct.job, ptr %20, i32 0, i32 0
  %23 = load ptr, ptr %12, align 8
  store ptr %23, ptr %22, align 8
  %24 = getelementptr inbounds %struct.job, ptr %20, i32 0, i32 1
  %25 = load ptr, ptr %13, align 8
  store ptr %25, ptr %24, align 8
  %26 = getelementptr inbounds %struct.job, ptr %20, i32 0, i32 2
  %27 = load ptr, ptr %14, align 8
  store ptr %27, ptr %26, align 8
  %28 = getelementptr inbounds %struct.job, ptr %20, i32 0, i32 3
  %29 = load ptr, ptr %15, align 8
  store ptr %29, ptr %28, align 8
  %30 = getelementptr inbounds %struct.job, ptr %20, i32 0, i32 4
  %31 = load i64, ptr %16, align 8
  store i64 %31, ptr %30, align 8
  %32 = getelementptr inbounds %struct.job, ptr %20, i32 0, i32 5
  %33 = load i64, ptr %17, align 8
  store i64 %33, ptr %32, align 8
  %34 = getelementptr inbounds %struct.job, ptr %20, i32 0, i32 6
  store i64 0, ptr %34, align 8
  %35 = getelementptr inbounds %struct.job, ptr %20, i32 0, i32 7
  store i64 0, ptr %35, align 8
  %36 = load ptr, ptr %11, align 8
  %37 = call i1 @is_watching(ptr noundef %36) #4
  %38 = zext i1 %37 to i8
  store i8 %38, ptr %21, align 1
  %39 = load i8, ptr %21, align 1
  %40 = trunc i8 %39 to i1
  br i1 %40, label %41, label %47

41:
  %42 = load ptr, ptr %11, align 8
  %43 = getelementptr inbounds %struct.block, ptr %42, i32 0, i32 18
  %44 = load i64, ptr %43, align 8
  %45 = icmp ne i64 %44, 0
  br i1 %45, label %46, label %47

46:
  store i64 1, ptr %10, align 8
  br label %78

47:
  %48 = load i8, ptr %21, align 1
  %49 = trunc i8 %48 to i1
  br i1 %49, label %50, label %64

50:
  %51 = load i64, ptr %19, align 8
  %52 = icmp sge i64 %51, 2097152
  br i1 %52, label %53, label %64

53:
  %54 = load i64, ptr %16, align 8
  %55 = icmp sle i64 %54, 64
  br i1 %55, label %56, label %64

56:
  %57 = load i64, ptr %17, align 8
  %58 = icmp sle i64 %57, 64
  br i1 %58, label %59, label %64

59:
  %60 = load ptr, ptr %11, align 8
  %61 = load i64, ptr %19, align 8
  %62 = call i1 @stretch(ptr noundef %60, ptr noundef %20, i64 noundef %61) #4
  %63 = zext i1 %62 to i64
  store i64 %63, ptr %10, align 8
  br label %78

64:
  %65 = load ptr, ptr %11, align 8
  %66 = load i64, ptr %19, align 8
  %67 = load i64, ptr %19, align 8
  call void @share(ptr noundef %65, ptr noundef %20, i64 noundef %66, i64 noundef %67) #4
  %68 = load i8, ptr %21, align 1
  %69 = trunc i8 %68 to i1
  br i1 %69, label %70, label %74

70:
  %71 = load ptr, ptr %11, align 8
  %72 = load i64, ptr %19, align 8
  %73 = call i1 @is_interrupted(ptr noundef %71, i64 noundef %72) #4
  br label %74

74:
  %75 = phi i1 [ false, %64 ], [ %73, %70 ]
  %76 = zext i1 %75 to i32
  %77 = sext i32 %76 to i64
  store i64 %77, ptr %10, align 8
  br label %78

78:
  %79 = load i64, ptr %10, align 8
  ret i64 %79
}

define internal i64 @quiesce(ptr noundef %0) #0 {
  %2 = alloca i64, align 8
  %3 = alloca ptr, align 8
  %4 = alloca i64, align 8
  %5 = alloca i64, align 8
  %6 = alloca i64, align 8
  %7 = alloca i64, align 8
  %8 = alloca i64, align 8
  %9 = alloca i64, align 8
  store ptr %0, ptr %3, align 8
  %10 = load ptr, ptr %3, align 8
  %11 = call i1 @lock(ptr noundef %10) #4
  br i1 %11, label %13, label %12

12:
  store i64 -1, ptr %2, align 8
  br label %50

13:
  %14 = load ptr, ptr %3, align 8
  %15 = getelementptr inbounds %struct.block, ptr %14, i32 0, i32 23
  %16 = load atomic i64, ptr %15 monotonic, align 8
  store i64 %16, ptr %5, align 8
  %17 = load i64, ptr %5, align 8
  store i64 %17, ptr %4, align 8
  %18 = load ptr, ptr %3, align 8
  %19 = getelementptr inbounds %struct.block, ptr %18, i32 0, i32 30
  store i64 1, ptr %6, align 8
  %20 = load i64, ptr %6, align 8
  store atomic i64 %20, ptr %19 release, align 16
  %21 = load ptr, ptr %3, align 8
  %22 = load i64, ptr %4, align 8
  call void @wake(ptr noundef %21, i64 noundef %22) #4
  store i64 0, ptr %7, align 8
  br label %23

23:
  %24 = load i64, ptr %7, align 8
  %25 = load i64, ptr %4, align 8
  %26 = icmp slt i64 %24, %25
  br i1 %26, label %27, label %42

27:
  %28 = load ptr, ptr %3, align 8
  %29 = getelementptr inbounds %struct.block, ptr %28, i32 0, i32 14
  %30 = getelementptr inbounds %struct.libc, ptr %29, i32 0, i32 1
  %31 = load ptr, ptr %30, align 8
  %32 = load ptr, ptr %3, align 8
  %33 = getelementptr inbounds %struct.block, ptr %32, i32 0, i32 43
  %34 = load i64, ptr %7, align 8
  %35 = getelementptr inbounds [1023 x %struct.slot], ptr %33, i64 0, i64 %34
  %36 = getelementptr inbounds %struct.slot, ptr %35, i32 0, i32 1
  %37 = load i64, ptr %36, align 32
  %38 = call i32 %31(i64 noundef %37, ptr noundef null) #4
  br label %39

39:
  %40 = load i64, ptr %7, align 8
  %41 = add nsw i64 %40, 1
  store i64 %41, ptr %7, align 8
  br label %23

42:
  %43 = load ptr, ptr %3, align 8
  %44 = getelementptr inbounds %struct.block, ptr %43, i32 0, i32 23
  store i64 0, ptr %8, align 8
  %45 = load i64, ptr %8, align 8
  store atomic i64 %45, ptr %44 monotonic, align 8
  %46 = load ptr, ptr %3, align 8
  %47 = getelementptr inbounds %struct.block, ptr %46, i32 0, i32 30
  store i64 0, ptr %9, align 8
  %48 = load i64, ptr %9, align 8
  store atomic i64 %48, ptr %47 release, align 16
  %49 = load i64, ptr %4, align 8
  store i64 %49, ptr %2, align 8
  br label %50

50:
  %51 = load i64, ptr %2, align 8
  ret i64 %51
}

define internal i64 @run_for_ufunc(ptr noundef %0, ptr noundef %1, ptr noundef %2, ptr noundef %3, ptr noundef %4, i64 noundef %5) #0 {
  %7 = alloca i64, align 8
  %8 = alloca ptr, align 8
  %9 = alloca ptr, align 8
  %10 = alloca ptr, align 8
  %11 = alloca ptr, align 8
  %12 = alloca ptr, align 8
  %13 = alloca i64, align 8
  %14 = alloca i64, align 8
  %15 = alloca i64, align 8
  %16 = alloca i64, align 8
  %17 = alloca i64, align 8
  %18 = alloca i64, align 8
  %19 = alloca i8, align 1
  store ptr %0, ptr %8, align 8
  store ptr %1, ptr %9, align 8
  store ptr %2, ptr %10, align 8
  store ptr %3, ptr %11, align 8
  store ptr %4, ptr %12, align 8
  store i64 %5, ptr %13, align 8
  %20 = load ptr, ptr %8, align 8
  %21 = getelementptr inbounds %struct.block, ptr %20, i32 0, i32 14
  %22 = getelementptr inbounds %struct.libc, ptr %21, i32 0, i32 10
  %23 = load ptr, ptr %22, align 16
  %24 = call i64 %23() #4
  %25 = load ptr, ptr %8, align 8
  %26 = getelementptr inbounds %struct.block, ptr %25, i32 0, i32 10
  %27 = load atomic i64, ptr %26 monotonic, align 16
  store i64 %27, ptr %14, align 8
  %28 = load i64, ptr %14, align 8
  %29 = icmp ne i64 %24, %28
  br i1 %29, label %30, label %36

30:
  %31 = load ptr, ptr %9, align 8
  %32 = load ptr, ptr %10, align 8
  %33 = load ptr, ptr %11, align 8
  %34 = load ptr, ptr %12, align 8
  %35 = load ptr, ptr %8, align 8
  call void %31(ptr noundef %32, ptr noundef %33, ptr noundef %34, ptr noundef %35) #4
  store i64 0, ptr %7, align 8
  br label %86

36:
  %37 = load ptr, ptr %8, align 8
  %38 = getelementptr inbounds %struct.block, ptr %37, i32 0, i32 17
  %39 = load i64, ptr %38, align 128
  store i64 %39, ptr %15, align 8
  %40 = load ptr, ptr %8, align 8
  %41 = getelementptr inbounds %struct.block, ptr %40, i32 0, i32 18
  %42 = load i64, ptr %41, align 8
  store i64 %42, ptr %16, align 8
  %43 = load ptr, ptr %8, align 8
  %44 = getelementptr inbounds %struct.block, ptr %43, i32 0, i32 17
  store i64 1, ptr %44, align 128
  %45 = load ptr, ptr %8, align 8
  %46 = getelementptr inbounds %struct.block, ptr %45, i32 0, i32 18
  store i64 0, ptr %46, align 8
  %47 = load ptr, ptr %9, align 8
  %48 = load ptr, ptr %10, align 8
  %49 = load ptr, ptr %11, align 8
  %50 = load ptr, ptr %12, align 8
  %51 = load ptr, ptr %8, align 8
  call void %47(ptr noundef %48, ptr noundef %49, ptr noundef %50, ptr noundef %51) #4
  %52 = load ptr, ptr %11, align 8
  %53 = getelementptr inbounds i64, ptr %52, i64 0
  %54 = load i64, ptr %53, align 8
  store i64 %54, ptr %17, align 8
  store i64 1, ptr %18, align 8
  br label %55

55:
  %56 = load i64, ptr %18, align 8
  %57 = load i64, ptr %13, align 8
  %58 = icmp slt i64 %56, %57
  br i1 %58, label %59, label %69

59:
  %60 = load ptr, ptr %11, align 8
  %61 = load i64, ptr %18, align 8
  %62 = getelementptr inbounds i64, ptr %60, i64 %61
  %63 = load i64, ptr %62, align 8
  %64 = load i64, ptr %17, align 8
  %65 = mul nsw i64 %64, %63
  store i64 %65, ptr %17, align 8
  br label %66

66:
  %67 = load i64, ptr %18, align 8
  %68 = add nsw i64 %67, 1
  store i64 %68, ptr %18, align 8
  br label %55

69:
  %70 = load ptr, ptr %8, align 8
  %71 = load i64, ptr %17, align 8
  %72 = add nsw i64 %71, 256
  %73 = call i1 @is_interrupted(ptr noundef %70, i64 noundef %72) #4
  %74 = zext i1 %73 to i8
  store i8 %74, ptr %19, align 1
  %75 = load i64, ptr %15, align 8
  %76 = load ptr, ptr %8, align 8
  %77 = getelementptr inbounds %struct.block, ptr %76, i32 0, i32 17
  store i64 %75, ptr %77, align 128
  %78 = load i64, ptr %16, align 8
  %79 = load ptr, ptr %8, align 8
  %80 = getelementptr inbounds %struct.block, ptr %79, i32 0, i32 18
  store i64 %78, ptr %80, align 8
  %81 = load i8, ptr %19, align 1
  %82 = trunc i8 %81 to i1
  %83 = zext i1 %82 to i64
  %84 = select i1 %82, i32 -1, i32 0
  %85 = sext i32 %84 to i64
  store i64 %85, ptr %7, align 8
  br label %86

86:
  %87 = load i64, ptr %7, align 8
  ret i64 %87
}

define internal i1 @is_watching(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  %3 = alloca i64, align 8
  store ptr %0, ptr %2, align 8
  %4 = load ptr, ptr %2, align 8
  %5 = getelementptr inbounds %struct.block, ptr %4, i32 0, i32 14
  %6 = getelementptr inbounds %struct.libc, ptr %5, i32 0, i32 10
  %7 = load ptr, ptr %6, align 16
  %8 = call i64 %7() #4
  %9 = load ptr, ptr %2, align 8
  %10 = getelementptr inbounds %struct.block, ptr %9, i32 0, i32 10
  %11 = load atomic i64, ptr %10 monotonic, align 16
  store i64 %11, ptr %3, align 8
  %12 = load i64, ptr %3, align 8
  %13 = icmp eq i64 %8, %12
  br i1 %13, label %14, label %19

14:
  %15 = load ptr, ptr %2, align 8
  %16 = getelementptr inbounds %struct.block, ptr %15, i32 0, i32 17
  %17 = load i64, ptr %16, align 128
  %18 = icmp ne i64 %17, 0
  br label %19

19:
  %20 = phi i1 [ false, %1 ], [ %18, %14 ]
  ret i1 %20
}

define internal i1 @stretch(ptr noundef %0, ptr noundef %1, i64 noundef %2) #0 {
  %4 = alloca i1, align 1
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca i64, align 8
  %8 = alloca [64 x ptr], align 16
  %9 = alloca [64 x i64], align 16
  %10 = alloca i64, align 8
  %11 = alloca i64, align 8
  %12 = alloca %struct.job, align 8
  %13 = alloca i64, align 8
  %14 = alloca i64, align 8
  %15 = alloca i64, align 8
  %16 = alloca i64, align 8
  %17 = alloca i64, align 8
  %18 = alloca i64, align 8
  store ptr %0, ptr %5, align 8
  store ptr %1, ptr %6, align 8
  store i64 %2, ptr %7, align 8
  %19 = load ptr, ptr %6, align 8
  %20 = getelementptr inbounds %struct.job, ptr %19, i32 0, i32 2
  %21 = load ptr, ptr %20, align 8
  %22 = getelementptr inbounds i64, ptr %21, i64 0
  %23 = load i64, ptr %22, align 8
  store i64 %23, ptr %10, align 8
  %24 = load ptr, ptr %5, align 8
  %25 = load ptr, ptr %6, align 8
  %26 = load i64, ptr %7, align 8
  %27 = call i64 @shortest(ptr noundef %24, ptr noundef %25, i64 noundef %26) #4
  store i64 %27, ptr %11, align 8
  %28 = load ptr, ptr %6, align 8
  call void @llvm.memcpy.p0.p0.i64(ptr align 8 %12, ptr align 8 %28, i64 64, i1 false)
  %29 = getelementptr inbounds [64 x ptr], ptr %8, i64 0, i64 0
  %30 = getelementptr inbounds %struct.job, ptr %12, i32 0, i32 1
  store ptr %29, ptr %30, align 8
  %31 = getelementptr inbounds [64 x i64], ptr %9, i64 0, i64 0
  %32 = getelementptr inbounds %struct.job, ptr %12, i32 0, i32 2
  store ptr %31, ptr %32, align 8
  store i64 1, ptr %13, align 8
  br label %33

33:
  %34 = load i64, ptr %13, align 8
  %35 = load ptr, ptr %6, align 8
  %36 = getelementptr inbounds %struct.job, ptr %35, i32 0, i32 5
  %37 = load i64, ptr %36, align 8
  %38 = icmp slt i64 %34, %37
  br i1 %38, label %39, label %51

39:
  %40 = load ptr, ptr %6, align 8
  %41 = getelementptr inbounds %struct.job, ptr %40, i32 0, i32 2
  %42 = load ptr, ptr %41, align 8
  %43 = load i64, ptr %13, align 8
  %44 = getelementptr inbounds i64, ptr %42, i64 %43
  %45 = load i64, ptr %44, align 8
  %46 = load i64, ptr %13, align 8
  %47 = getelementptr inbounds [64 x i64], ptr %9, i64 0, i64 %46
  store i64 %45, ptr %47, align 8
  br label %48

48:
  %49 = load i64, ptr %13, align 8
  %50 = add nsw i64 %49, 1
  store i64 %50, ptr %13, align 8
  br label %33

51:
  store i64 0, ptr %14, align 8
  %52 = load i64, ptr %11, align 8
  store i64 %52, ptr %15, align 8
  br label %53

53:
  %54 = load i64, ptr %14, align 8
  %55 = load i64, ptr %10, align 8
  %56 = icmp slt i64 %54, %55
  br i1 %56, label %57, label %146

57:
  %58 = load ptr, ptr %5, align 8
  %59 = call i64 @now(ptr noundef %58) #4
  store i64 %59, ptr %16, align 8
  store i64 0, ptr %17, align 8
  br label %60

60:
  %61 = load i64, ptr %17, align 8
  %62 = load ptr, ptr %6, align 8
  %63 = getelementptr inbounds %struct.job, ptr %62, i32 0, i32 4
  %64 = load i64, ptr %63, align 8
  %65 = icmp slt i64 %61, %64
  br i1 %65, label %66, label %87

66:
  %67 = load ptr, ptr %6, align 8
  %68 = getelementptr inbounds %struct.job, ptr %67, i32 0, i32 1
  %69 = load ptr, ptr %68, align 8
  %70 = load i64, ptr %17, align 8
  %71 = getelementptr inbounds ptr, ptr %69, i64 %70
  %72 = load ptr, ptr %71, align 8
  %73 = load ptr, ptr %6, align 8
  %74 = getelementptr inbounds %struct.job, ptr %73, i32 0, i32 3
  %75 = load ptr, ptr %74, align 8
  %76 = load i64, ptr %17, align 8
  %77 = getelementptr inbounds i64, ptr %75, i64 %76
  %78 = load i64, ptr %77, align 8
  %79 = load i64, ptr %14, align 8
  %80 = mul nsw i64 %78, %79
  %81 = getelementptr inbounds i8, ptr %72, i64 %80
  %82 = load i64, ptr %17, align 8
  %83 = getelementptr inbounds [64 x ptr], ptr %8, i64 0, i64 %82
  store ptr %81, ptr %83, align 8
  br label %84

84:
  %85 = load i64, ptr %17, align 8
  %86 = add nsw i64 %85, 1
  store i64 %86, ptr %17, align 8
  br label %60

87:
  %88 = load i64, ptr %10, align 8
  %89 = load i64, ptr %14, align 8
  %90 = sub nsw i64 %88, %89
  %91 = load i64, ptr %15, align 8
  %92 = mul nsw i64 2, %91
  %93 = icmp slt i64 %90, %92
  br i1 %93, label %94, label %98

94:
  %95 = load i64, ptr %10, align 8
  %96 = load i64, ptr %14, align 8
  %97 = sub nsw i64 %95, %96
  br label %100

98:
  %99 = load i64, ptr %15, align 8
  br label %100

100:
  %101 = phi i64 [ %97, %94 ], [ %99, %98 ]
  %102 = getelementptr inbounds [64 x i64], ptr %9, i64 0, i64 0
  store i64 %101, ptr %102, align 16
  %103 = load ptr, ptr %5, align 8
  %104 = load i64, ptr %7, align 8
  %105 = sitofp i64 %104 to double
  %106 = load i64, ptr %10, align 8
  %107 = sitofp i64 %106 to double
  %108 = fdiv double %105, %107
  %109 = getelementptr inbounds [64 x i64], ptr %9, i64 0, i64 0
  %110 = load i64, ptr %109, align 16
  %111 = sitofp i64 %110 to double
  %112 = fmul double %108, %111
  %113 = fptosi double %112 to i64
  %114 = load i64, ptr %7, align 8
  call void @share(ptr noundef %103, ptr noundef %12, i64 noundef %113, i64 noundef %114) #4
  %115 = load ptr, ptr %5, align 8
  %116 = call i64 @now(ptr noundef %115) #4
  %117 = load i64, ptr %16, align 8
  %118 = sub nsw i64 %116, %117
  store i64 %118, ptr %18, align 8
  %119 = load i64, ptr %18, align 8
  %120 = icmp slt i64 %119, 20000000
  br i1 %120, label %121, label %124

121:
  %122 = load i64, ptr %15, align 8
  %123 = mul nsw i64 %122, 2
  store i64 %123, ptr %15, align 8
  br label %136

124:
  %125 = load i64, ptr %18, align 8
  %126 = icmp sgt i64 %125, 40000000
  br i1 %126, label %127, label %135

127:
  %128 = load i64, ptr %15, align 8
  %129 = sdiv i64 %128, 2
  %130 = load i64, ptr %11, align 8
  %131 = sdiv i64 %129, %130
  %132 = call i64 @max(i64 noundef %131, i64 noundef 1) #4
  %133 = load i64, ptr %11, align 8
  %134 = mul nsw i64 %132, %133
  store i64 %134, ptr %15, align 8
  br label %135

135:
  br label %136

136:
  %137 = load ptr, ptr %5, align 8
  %138 = call i1 @is_interrupted(ptr noundef %137, i64 noundef 524288) #4
  br i1 %138, label %139, label %140

139:
  store i1 true, ptr %4, align 1
  br label %147

140:
  br label %141

141:
  %142 = getelementptr inbounds [64 x i64], ptr %9, i64 0, i64 0
  %143 = load i64, ptr %142, align 16
  %144 = load i64, ptr %14, align 8
  %145 = add nsw i64 %144, %143
  store i64 %145, ptr %14, align 8
  br label %53

146:
  store i1 false, ptr %4, align 1
  br label %147

147:
  %148 = load i1, ptr %4, align 1
  ret i1 %148
}

define internal void @share(ptr noundef %0, ptr noundef %1, i64 noundef %2, i64 noundef %3) #0 {
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca i64, align 8
  %8 = alloca i64, align 8
  %9 = alloca %struct.job, align 8
  %10 = alloca i64, align 8
  %11 = alloca i64, align 8
  %12 = alloca i8, align 1
  %13 = alloca i64, align 8
  %14 = alloca i64, align 8
  %15 = alloca i64, align 8
  %16 = alloca i64, align 8
  %17 = alloca i64, align 8
  store ptr %0, ptr %5, align 8
  store ptr %1, ptr %6, align 8
  store i64 %2, ptr %7, align 8
  store i64 %3, ptr %8, align 8
  %18 = load ptr, ptr %6, align 8
  call void @llvm.memcpy.p0.p0.i64(ptr align 8 %9, ptr align 8 %18, i64 64, i1 false)
  %19 = load i64, ptr %7, align 8
  %20 = load ptr, ptr %5, align 8
  %21 = getelementptr inbounds %struct.block, ptr %20, i32 0, i32 4
  %22 = load i64, ptr %21, align 32
  %23 = sdiv i64 %19, %22
  store i64 %23, ptr %10, align 8
  %24 = load ptr, ptr %5, align 8
  %25 = call i64 @threads(ptr noundef %24) #4
  %26 = load i64, ptr %10, align 8
  %27 = call i64 @min(i64 noundef %25, i64 noundef %26) #4
  %28 = sub nsw i64 %27, 1
  store i64 %28, ptr %11, align 8
  %29 = getelementptr inbounds %struct.job, ptr %9, i32 0, i32 4
  %30 = load i64, ptr %29, align 8
  %31 = icmp sle i64 %30, 64
  br i1 %31, label %32, label %36

32:
  %33 = getelementptr inbounds %struct.job, ptr %9, i32 0, i32 5
  %34 = load i64, ptr %33, align 8
  %35 = icmp sle i64 %34, 64
  br label %36

36:
  %37 = phi i1 [ false, %4 ], [ %35, %32 ]
  %38 = zext i1 %37 to i8
  store i8 %38, ptr %12, align 1
  %39 = load i64, ptr %11, align 8
  %40 = icmp slt i64 %39, 1
  br i1 %40, label %59, label %41

41:
  %42 = getelementptr inbounds %struct.job, ptr %9, i32 0, i32 2
  %43 = load ptr, ptr %42, align 8
  %44 = getelementptr inbounds i64, ptr %43, i64 0
  %45 = load i64, ptr %44, align 8
  %46 = icmp slt i64 %45, 2
  br i1 %46, label %59, label %47

47:
  %48 = load i8, ptr %12, align 1
  %49 = trunc i8 %48 to i1
  br i1 %49, label %50, label %59

50:
  %51 = load ptr, ptr %5, align 8
  %52 = getelementptr inbounds %struct.block, ptr %51, i32 0, i32 45
  %53 = load atomic i64, ptr %52 monotonic, align 128
  store i64 %53, ptr %13, align 8
  %54 = load i64, ptr %13, align 8
  %55 = icmp ne i64 %54, 0
  br i1 %55, label %56, label %59

56:
  %57 = load ptr, ptr %5, align 8
  %58 = call i1 @lock(ptr noundef %57) #4
  br i1 %58, label %69, label %59

59:
  %60 = getelementptr inbounds %struct.job, ptr %9, i32 0, i32 0
  %61 = load ptr, ptr %60, align 8
  %62 = getelementptr inbounds %struct.job, ptr %9, i32 0, i32 1
  %63 = load ptr, ptr %62, align 8
  %64 = getelementptr inbounds %struct.job, ptr %9, i32 0, i32 2
  %65 = load ptr, ptr %64, align 8
  %66 = getelementptr inbounds %struct.job, ptr %9, i32 0, i32 3
  %67 = load ptr, ptr %66, align 8
  %68 = load ptr, ptr %5, align 8
  call void %61(ptr noundef %63, ptr noundef %65, ptr noundef %67, ptr noundef %68) #4
  br label %123

69:
  %70 = load ptr, ptr %5, align 8
  %71 = load i64, ptr %8, align 8
  %72 = call i1 @is_too_cold(ptr noundef %70, i64 noundef %71) #4
  br i1 %72, label %73, label %89

73:
  %74 = load ptr, ptr %5, align 8
  call void @unlock(ptr noundef %74) #4
  %75 = getelementptr inbounds %struct.job, ptr %9, i32 0, i32 0
  %76 = load ptr, ptr %75, align 8
  %77 = getelementptr inbounds %struct.job, ptr %9, i32 0, i32 1
  %78 = load ptr, ptr %77, align 8
  %79 = getelementptr inbounds %struct.job, ptr %9, i32 0, i32 2
  %80 = load ptr, ptr %79, align 8
  %81 = getelementptr inbounds %struct.job, ptr %9, i32 0, i32 3
  %82 = load ptr, ptr %81, align 8
  %83 = load ptr, ptr %5, align 8
  call void %76(ptr noundef %78, ptr noundef %80, ptr noundef %82, ptr noundef %83) #4
  %84 = load ptr, ptr %5, align 8
  %85 = getelementptr inbounds %struct.block, ptr %84, i32 0, i32 26
  %86 = load ptr, ptr %5, align 8
  %87 = call i64 @now(ptr noundef %86) #4
  store i64 %87, ptr %14, align 8
  %88 = load i64, ptr %14, align 8
  store atomic i64 %88, ptr %85 monotonic, align 32
  br label %123

89:
  %90 = load ptr, ptr %5, align 8
  %91 = load i64, ptr %11, align 8
  %92 = call i64 @grow(ptr noundef %90, i64 noundef %91) #4
  %93 = load i64, ptr %11, align 8
  %94 = call i64 @min(i64 noundef %92, i64 noundef %93) #4
  store i64 %94, ptr %15, align 8
  %95 = load i64, ptr %15, align 8
  %96 = add nsw i64 %95, 1
  %97 = load i64, ptr %10, align 8
  %98 = call i64 @divide(ptr noundef %9, i64 noundef %96, i64 noundef %97) #4
  store i64 %98, ptr %16, align 8
  %99 = load i64, ptr %15, align 8
  %100 = load i64, ptr %16, align 8
  %101 = sub nsw i64 %100, 1
  %102 = call i64 @min(i64 noundef %99, i64 noundef %101) #4
  store i64 %102, ptr %17, align 8
  %103 = load i64, ptr %17, align 8
  %104 = icmp slt i64 %103, 1
  br i1 %104, label %105, label %116

105:
  %106 = load ptr, ptr %5, align 8
  call void @unlock(ptr noundef %106) #4
  %107 = getelementptr inbounds %struct.job, ptr %9, i32 0, i32 0
  %108 = load ptr, ptr %107, align 8
  %109 = getelementptr inbounds %struct.job, ptr %9, i32 0, i32 1
  %110 = load ptr, ptr %109, align 8
  %111 = getelementptr inbounds %struct.job, ptr %9, i32 0, i32 2
  %112 = load ptr, ptr %111, align 8
  %113 = getelementptr inbounds %struct.job, ptr %9, i32 0, i32 3
  %114 = load ptr, ptr %113, align 8
  %115 = load ptr, ptr %5, align 8
  call void %108(ptr noundef %110, ptr noundef %112, ptr noundef %114, ptr noundef %115) #4
  br label %123

116:
  %117 = load ptr, ptr %5, align 8
  %118 = load i64, ptr %16, align 8
  %119 = load i64, ptr %17, align 8
  call void @publish(ptr noundef %117, ptr noundef %9, i64 noundef %118, i64 noundef %119) #4
  %120 = load ptr, ptr %5, align 8
  %121 = load i64, ptr %16, align 8
  call void @finish(ptr noundef %120, i64 noundef %121) #4
  %122 = load ptr, ptr %5, align 8
  call void @unlock(ptr noundef %122) #4
  br label %123

123:
  ret void
}

define internal i1 @is_interrupted(ptr noundef %0, i64 noundef %1) #0 {
  %3 = alloca i1, align 1
  %4 = alloca ptr, align 8
  %5 = alloca i64, align 8
  %6 = alloca i64, align 8
  %7 = alloca i32, align 4
  store ptr %0, ptr %4, align 8
  store i64 %1, ptr %5, align 8
  %8 = load i64, ptr %5, align 8
  %9 = load ptr, ptr %4, align 8
  %10 = getelementptr inbounds %struct.block, ptr %9, i32 0, i32 19
  %11 = load i64, ptr %10, align 16
  %12 = add nsw i64 %11, %8
  store i64 %12, ptr %10, align 16
  %13 = load ptr, ptr %4, align 8
  %14 = getelementptr inbounds %struct.block, ptr %13, i32 0, i32 18
  %15 = load i64, ptr %14, align 8
  %16 = icmp ne i64 %15, 0
  br i1 %16, label %22, label %17

17:
  %18 = load ptr, ptr %4, align 8
  %19 = getelementptr inbounds %struct.block, ptr %18, i32 0, i32 19
  %20 = load i64, ptr %19, align 16
  %21 = icmp slt i64 %20, 524288
  br i1 %21, label %22, label %27

22:
  %23 = load ptr, ptr %4, align 8
  %24 = getelementptr inbounds %struct.block, ptr %23, i32 0, i32 18
  %25 = load i64, ptr %24, align 8
  %26 = icmp ne i64 %25, 0
  store i1 %26, ptr %3, align 1
  br label %68

27:
  %28 = load ptr, ptr %4, align 8
  %29 = getelementptr inbounds %struct.block, ptr %28, i32 0, i32 19
  store i64 0, ptr %29, align 16
  %30 = load ptr, ptr %4, align 8
  %31 = call i64 @now(ptr noundef %30) #4
  store i64 %31, ptr %6, align 8
  %32 = load i64, ptr %6, align 8
  %33 = load ptr, ptr %4, align 8
  %34 = getelementptr inbounds %struct.block, ptr %33, i32 0, i32 20
  %35 = load i64, ptr %34, align 8
  %36 = sub nsw i64 %32, %35
  %37 = icmp slt i64 %36, 60000000
  br i1 %37, label %38, label %39

38:
  store i1 false, ptr %3, align 1
  br label %68

39:
  %40 = load i64, ptr %6, align 8
  %41 = load ptr, ptr %4, align 8
  %42 = getelementptr inbounds %struct.block, ptr %41, i32 0, i32 20
  store i64 %40, ptr %42, align 8
  %43 = load ptr, ptr %4, align 8
  %44 = getelementptr inbounds %struct.block, ptr %43, i32 0, i32 17
  store i64 0, ptr %44, align 128
  %45 = load ptr, ptr %4, align 8
  %46 = getelementptr inbounds %struct.block, ptr %45, i32 0, i32 11
  %47 = load ptr, ptr %46, align 8
  %48 = call i32 %47() #4
  store i32 %48, ptr %7, align 4
  %49 = load ptr, ptr %4, align 8
  %50 = getelementptr inbounds %struct.block, ptr %49, i32 0, i32 13
  %51 = load ptr, ptr %50, align 8
  %52 = call i32 %51() #4
  %53 = icmp ne i32 %52, 0
  %54 = zext i1 %53 to i32
  %55 = sext i32 %54 to i64
  %56 = load ptr, ptr %4, align 8
  %57 = getelementptr inbounds %struct.block, ptr %56, i32 0, i32 18
  store i64 %55, ptr %57, align 8
  %58 = load ptr, ptr %4, align 8
  %59 = getelementptr inbounds %struct.block, ptr %58, i32 0, i32 12
  %60 = load ptr, ptr %59, align 32
  %61 = load i32, ptr %7, align 4
  call void %60(i32 noundef %61) #4
  %62 = load ptr, ptr %4, align 8
  %63 = getelementptr inbounds %struct.block, ptr %62, i32 0, i32 17
  store i64 1, ptr %63, align 128
  %64 = load ptr, ptr %4, align 8
  %65 = getelementptr inbounds %struct.block, ptr %64, i32 0, i32 18
  %66 = load i64, ptr %65, align 8
  %67 = icmp ne i64 %66, 0
  store i1 %67, ptr %3, align 1
  br label %68

68:
  %69 = load i1, ptr %3, align 1
  ret i1 %69
}

define internal i64 @shortest(ptr noundef %0, ptr noundef %1, i64 noundef %2) #0 {
  %4 = alloca ptr, align 8
  %5 = alloca ptr, align 8
  %6 = alloca i64, align 8
  %7 = alloca i8, align 1
  %8 = alloca i64, align 8
  %9 = alloca i64, align 8
  store ptr %0, ptr %4, align 8
  store ptr %1, ptr %5, align 8
  store i64 %2, ptr %6, align 8
  %10 = load ptr, ptr %5, align 8
  %11 = getelementptr inbounds %struct.job, ptr %10, i32 0, i32 5
  %12 = load i64, ptr %11, align 8
  %13 = icmp eq i64 %12, 2
  br i1 %13, label %14, label %25

14:
  %15 = load ptr, ptr %5, align 8
  %16 = getelementptr inbounds %struct.job, ptr %15, i32 0, i32 3
  %17 = load ptr, ptr %16, align 8
  %18 = load ptr, ptr %5, align 8
  %19 = getelementptr inbounds %struct.job, ptr %18, i32 0, i32 4
  %20 = load i64, ptr %19, align 8
  %21 = sub nsw i64 %20, 1
  %22 = getelementptr inbounds i64, ptr %17, i64 %21
  %23 = load i64, ptr %22, align 8
  %24 = icmp ule i64 %23, 8
  br label %25

25:
  %26 = phi i1 [ false, %3 ], [ %24, %14 ]
  %27 = zext i1 %26 to i8
  store i8 %27, ptr %7, align 1
  %28 = load ptr, ptr %5, align 8
  %29 = getelementptr inbounds %struct.job, ptr %28, i32 0, i32 5
  %30 = load i64, ptr %29, align 8
  %31 = icmp eq i64 %30, 1
  br i1 %31, label %32, label %33

32:
  br label %42

33:
  %34 = load ptr, ptr %4, align 8
  %35 = call i64 @threads(ptr noundef %34) #4
  %36 = load i8, ptr %7, align 1
  %37 = trunc i8 %36 to i1
  %38 = zext i1 %37 to i64
  %39 = select i1 %37, i32 64, i32 4
  %40 = sext i32 %39 to i64
  %41 = mul nsw i64 %35, %40
  br label %42

42:
  %43 = phi i64 [ 64, %32 ], [ %41, %33 ]
  store i64 %43, ptr %8, align 8
  %44 = load i64, ptr %6, align 8
  %45 = load ptr, ptr %5, align 8
  %46 = getelementptr inbounds %struct.job, ptr %45, i32 0, i32 2
  %47 = load ptr, ptr %46, align 8
  %48 = getelementptr inbounds i64, ptr %47, i64 0
  %49 = load i64, ptr %48, align 8
  %50 = sdiv i64 %44, %49
  %51 = call i64 @max(i64 noundef %50, i64 noundef 1) #4
  store i64 %51, ptr %9, align 8
  %52 = load i8, ptr %7, align 1
  %53 = trunc i8 %52 to i1
  %54 = zext i1 %53 to i64
  %55 = select i1 %53, i32 4194304, i32 524288
  %56 = sext i32 %55 to i64
  %57 = load i64, ptr %9, align 8
  %58 = sdiv i64 %56, %57
  %59 = load i64, ptr %8, align 8
  %60 = sdiv i64 %58, %59
  %61 = call i64 @max(i64 noundef %60, i64 noundef 1) #4
  %62 = load i64, ptr %8, align 8
  %63 = mul nsw i64 %61, %62
  ret i64 %63
}

declare void @llvm.memcpy.p0.p0.i64(ptr noalias nocapture writeonly, ptr noalias nocapture readonly, i64, i1 immarg) #1

define internal i64 @now(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  %3 = alloca %struct.moment, align 8
  store ptr %0, ptr %2, align 8
  %4 = load ptr, ptr %2, align 8
  %5 = getelementptr inbounds %struct.block, ptr %4, i32 0, i32 14
  %6 = getelementptr inbounds %struct.libc, ptr %5, i32 0, i32 7
  %7 = load ptr, ptr %6, align 8
  %8 = call i32 %7(i32 noundef 1, ptr noundef %3) #4
  %9 = getelementptr inbounds %struct.moment, ptr %3, i32 0, i32 0
  %10 = load i64, ptr %9, align 8
  %11 = mul nsw i64 %10, 1000000000
  %12 = getelementptr inbounds %struct.moment, ptr %3, i32 0, i32 1
  %13 = load i64, ptr %12, align 8
  %14 = add nsw i64 %11, %13
  ret i64 %14
}

define internal i64 @max(i64 noundef %0, i64 noundef %1) #2 {
  %3 = alloca i64, align 8
  %4 = alloca i64, align 8
  store i64 %0, ptr %3, align 8
  store i64 %1, ptr %4, align 8
  %5 = load i64, ptr %3, align 8
  %6 = load i64, ptr %4, align 8
  %7 = icmp sgt i64 %5, %6
  br i1 %7, label %8, label %10

8:
  %9 = load i64, ptr %3, align 8
  br label %12

10:
  %11 = load i64, ptr %4, align 8
  br label %12

12:
  %13 = phi i64 [ %9, %8 ], [ %11, %10 ]
  ret i64 %13
}

define internal i64 @threads(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  %3 = alloca i64, align 8
  %4 = alloca i64, align 8
  %5 = alloca i64, align 8
  %6 = alloca i64, align 8
  store ptr %0, ptr %2, align 8
  %7 = load ptr, ptr %2, align 8
  %8 = getelementptr inbounds %struct.block, ptr %7, i32 0, i32 3
  %9 = load atomic i64, ptr %8 monotonic, align 8
  store i64 %9, ptr %4, align 8
  %10 = load i64, ptr %4, align 8
  store i64 %10, ptr %3, align 8
  %11 = load i64, ptr %3, align 8
  %12 = icmp slt i64 %11, 0
  br i1 %12, label %13, label %14

13:
  br label %23

14:
  %15 = load ptr, ptr %2, align 8
  %16 = getelementptr inbounds %struct.block, ptr %15, i32 0, i32 14
  %17 = getelementptr inbounds %struct.libc, ptr %16, i32 0, i32 3
  %18 = load ptr, ptr %17, align 8
  %19 = load i64, ptr %3, align 8
  %20 = trunc i64 %19 to i32
  %21 = call ptr %18(i32 noundef %20) #4
  %22 = ptrtoint ptr %21 to i64
  br label %23

23:
  %24 = phi i64 [ 0, %13 ], [ %22, %14 ]
  store i64 %24, ptr %5, align 8
  %25 = load i64, ptr %5, align 8
  %26 = icmp ne i64 %25, 0
  br i1 %26, label %27, label %29

27:
  %28 = load i64, ptr %5, align 8
  br label %34

29:
  %30 = load ptr, ptr %2, align 8
  %31 = getelementptr inbounds %struct.block, ptr %30, i32 0, i32 2
  %32 = load atomic i64, ptr %31 monotonic, align 16
  store i64 %32, ptr %6, align 8
  %33 = load i64, ptr %6, align 8
  br label %34

34:
  %35 = phi i64 [ %28, %27 ], [ %33, %29 ]
  ret i64 %35
}

define internal i64 @min(i64 noundef %0, i64 noundef %1) #2 {
  %3 = alloca i64, align 8
  %4 = alloca i64, align 8
  store i64 %0, ptr %3, align 8
  store i64 %1, ptr %4, align 8
  %5 = load i64, ptr %3, align 8
  %6 = load i64, ptr %4, align 8
  %7 = icmp slt i64 %5, %6
  br i1 %7, label %8, label %10

8:
  %9 = load i64, ptr %3, align 8
  br label %12

10:
  %11 = load i64, ptr %4, align 8
  br label %12

12:
  %13 = phi i64 [ %9, %8 ], [ %11, %10 ]
  ret i64 %13
}

define internal i1 @lock(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  %3 = alloca i64, align 8
  %4 = alloca i64, align 8
  %5 = alloca i8, align 1
  store ptr %0, ptr %2, align 8
  store i64 0, ptr %3, align 8
  %6 = load ptr, ptr %2, align 8
  %7 = getelementptr inbounds %struct.block, ptr %6, i32 0, i32 22
  store i64 1, ptr %4, align 8
  %8 = load i64, ptr %3, align 8
  %9 = load i64, ptr %4, align 8
  %10 = cmpxchg ptr %7, i64 %8, i64 %9 acq_rel acquire, align 128
  %11 = extractvalue { i64, i1 } %10, 0
  %12 = extractvalue { i64, i1 } %10, 1
  br i1 %12, label %14, label %13

13:
  store i64 %11, ptr %3, align 8
  br label %14

14:
  %15 = zext i1 %12 to i8
  store i8 %15, ptr %5, align 1
  %16 = load i8, ptr %5, align 1
  %17 = trunc i8 %16 to i1
  ret i1 %17
}

define internal i1 @is_too_cold(ptr noundef %0, i64 noundef %1) #0 {
  %3 = alloca ptr, align 8
  %4 = alloca i64, align 8
  %5 = alloca i8, align 1
  %6 = alloca i64, align 8
  %7 = alloca i64, align 8
  %8 = alloca i64, align 8
  store ptr %0, ptr %3, align 8
  store i64 %1, ptr %4, align 8
  %9 = load ptr, ptr %3, align 8
  %10 = getelementptr inbounds %struct.block, ptr %9, i32 0, i32 23
  %11 = load atomic i64, ptr %10 monotonic, align 8
  store i64 %11, ptr %6, align 8
  %12 = load i64, ptr %6, align 8
  %13 = icmp ne i64 %12, 0
  br i1 %13, label %14, label %22

14:
  %15 = load ptr, ptr %3, align 8
  %16 = getelementptr inbounds %struct.block, ptr %15, i32 0, i32 43
  %17 = getelementptr inbounds [1023 x %struct.slot], ptr %16, i64 0, i64 0
  %18 = getelementptr inbounds %struct.slot, ptr %17, i32 0, i32 4
  %19 = load atomic i64, ptr %18 monotonic, align 8
  store i64 %19, ptr %7, align 8
  %20 = load i64, ptr %7, align 8
  %21 = icmp ne i64 %20, 0
  br label %22

22:
  %23 = phi i1 [ true, %2 ], [ %21, %14 ]
  %24 = zext i1 %23 to i8
  store i8 %24, ptr %5, align 1
  %25 = load i8, ptr %5, align 1
  %26 = trunc i8 %25 to i1
  br i1 %26, label %27, label %45

27:
  %28 = load i64, ptr %4, align 8
  %29 = load ptr, ptr %3, align 8
  %30 = getelementptr inbounds %struct.block, ptr %29, i32 0, i32 7
  %31 = load i64, ptr %30, align 8
  %32 = icmp slt i64 %28, %31
  br i1 %32, label %33, label %45

33:
  %34 = load ptr, ptr %3, align 8
  %35 = call i64 @now(ptr noundef %34) #4
  %36 = load ptr, ptr %3, align 8
  %37 = getelementptr inbounds %struct.block, ptr %36, i32 0, i32 26
  %38 = load atomic i64, ptr %37 monotonic, align 32
  store i64 %38, ptr %8, align 8
  %39 = load i64, ptr %8, align 8
  %40 = sub nsw i64 %35, %39
  %41 = load ptr, ptr %3, align 8
  %42 = getelementptr inbounds %struct.block, ptr %41, i32 0, i32 5
  %43 = load i64, ptr %42, align 8
  %44 = icmp sgt i64 %40, %43
  br label %45

45:
  %46 = phi i1 [ false, %27 ], [ false, %22 ], [ %44, %33 ]
  ret i1 %46
}

define internal void @unlock(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  %3 = alloca i64, align 8
  store ptr %0, ptr %2, align 8
  %4 = load ptr, ptr %2, align 8
  %5 = getelementptr inbounds %struct.block, ptr %4, i32 0, i32 22
  store i64 0, ptr %3, align 8
  %6 = load i64, ptr %3, align 8
  store atomic i64 %6, ptr %5 release, align 128
  ret void
}

define internal i64 @grow(ptr noundef %0, i64 noundef %1) #0 {
  %3 = alloca i64, align 8
  %4 = alloca ptr, align 8
  %5 = alloca i64, align 8
  %6 = alloca [16 x i64], align 16
  %7 = alloca i64, align 8
  %8 = alloca i64, align 8
  %9 = alloca i64, align 8
  %10 = alloca i64, align 8
  %11 = alloca i64, align 8
  store ptr %0, ptr %4, align 8
  store i64 %1, ptr %5, align 8
  %12 = load ptr, ptr %4, align 8
  %13 = getelementptr inbounds %struct.block, ptr %12, i32 0, i32 23
  %14 = load atomic i64, ptr %13 monotonic, align 8
  store i64 %14, ptr %8, align 8
  %15 = load i64, ptr %8, align 8
  store i64 %15, ptr %7, align 8
  %16 = load i64, ptr %7, align 8
  %17 = load i64, ptr %5, align 8
  %18 = icmp sge i64 %16, %17
  br i1 %18, label %25, label %19

19:
  %20 = load ptr, ptr %4, align 8
  %21 = getelementptr inbounds %struct.block, ptr %20, i32 0, i32 24
  %22 = load atomic i64, ptr %21 monotonic, align 16
  store i64 %22, ptr %9, align 8
  %23 = load i64, ptr %9, align 8
  %24 = icmp ne i64 %23, 0
  br i1 %24, label %25, label %27

25:
  %26 = load i64, ptr %7, align 8
  store i64 %26, ptr %3, align 8
  br label %63

27:
  %28 = load ptr, ptr %4, align 8
  %29 = getelementptr inbounds %struct.block, ptr %28, i32 0, i32 14
  %30 = getelementptr inbounds %struct.libc, ptr %29, i32 0, i32 2
  %31 = load ptr, ptr %30, align 16
  %32 = load ptr, ptr %4, align 8
  %33 = getelementptr inbounds %struct.block, ptr %32, i32 0, i32 15
  %34 = getelementptr inbounds [16 x i64], ptr %33, i64 0, i64 0
  %35 = getelementptr inbounds [16 x i64], ptr %6, i64 0, i64 0
  %36 = call i32 %31(i32 noundef 2, ptr noundef %34, ptr noundef %35) #4
  br label %37

37:
  %38 = load i64, ptr %7, align 8
  %39 = load i64, ptr %5, align 8
  %40 = icmp slt i64 %38, %39
  br i1 %40, label %41, label %55

41:
  %42 = load ptr, ptr %4, align 8
  %43 = load i64, ptr %7, align 8
  %44 = call i1 @hire(ptr noundef %42, i64 noundef %43) #4
  br i1 %44, label %49, label %45

45:
  %46 = load ptr, ptr %4, align 8
  %47 = getelementptr inbounds %struct.block, ptr %46, i32 0, i32 24
  store i64 1, ptr %10, align 8
  %48 = load i64, ptr %10, align 8
  store atomic i64 %48, ptr %47 monotonic, align 16
  br label %55

49:
  %50 = load ptr, ptr %4, align 8
  %51 = getelementptr inbounds %struct.block, ptr %50, i32 0, i32 23
  %52 = load i64, ptr %7, align 8
  %53 = add nsw i64 %52, 1
  store i64 %53, ptr %7, align 8
  store i64 %53, ptr %11, align 8
  %54 = load i64, ptr %11, align 8
  store atomic i64 %54, ptr %51 monotonic, align 8
  br label %37

55:
  %56 = load ptr, ptr %4, align 8
  %57 = getelementptr inbounds %struct.block, ptr %56, i32 0, i32 14
  %58 = getelementptr inbounds %struct.libc, ptr %57, i32 0, i32 2
  %59 = load ptr, ptr %58, align 16
  %60 = getelementptr inbounds [16 x i64], ptr %6, i64 0, i64 0
  %61 = call i32 %59(i32 noundef 2, ptr noundef %60, ptr noundef null) #4
  %62 = load i64, ptr %7, align 8
  store i64 %62, ptr %3, align 8
  br label %63

63:
  %64 = load i64, ptr %3, align 8
  ret i64 %64
}

define internal i64 @divide(ptr noundef %0, i64 noundef %1, i64 noundef %2) #0 {
  %4 = alloca ptr, align 8
  %5 = alloca i64, align 8
  %6 = alloca i64, align 8
  %7 = alloca i64, align 8
  %8 = alloca i8, align 1
  %9 = alloca i8, align 1
  %10 = alloca i64, align 8
  %11 = alloca i64, align 8
  %12 = alloca i64, align 8
  %13 = alloca i64, align 8
  store ptr %0, ptr %4, align 8
  store i64 %1, ptr %5, align 8
  store i64 %2, ptr %6, align 8
  %14 = load ptr, ptr %4, align 8
  %15 = getelementptr inbounds %struct.job, ptr %14, i32 0, i32 2
  %16 = load ptr, ptr %15, align 8
  %17 = getelementptr inbounds i64, ptr %16, i64 0
  %18 = load i64, ptr %17, align 8
  store i64 %18, ptr %7, align 8
  %19 = load ptr, ptr %4, align 8
  %20 = getelementptr inbounds %struct.job, ptr %19, i32 0, i32 5
  %21 = load i64, ptr %20, align 8
  %22 = icmp eq i64 %21, 1
  %23 = zext i1 %22 to i8
  store i8 %23, ptr %8, align 1
  %24 = load i8, ptr %8, align 1
  %25 = trunc i8 %24 to i1
  br i1 %25, label %37, label %26

26:
  %27 = load ptr, ptr %4, align 8
  %28 = getelementptr inbounds %struct.job, ptr %27, i32 0, i32 3
  %29 = load ptr, ptr %28, align 8
  %30 = load ptr, ptr %4, align 8
  %31 = getelementptr inbounds %struct.job, ptr %30, i32 0, i32 4
  %32 = load i64, ptr %31, align 8
  %33 = sub nsw i64 %32, 1
  %34 = getelementptr inbounds i64, ptr %29, i64 %33
  %35 = load i64, ptr %34, align 8
  %36 = icmp ule i64 %35, 8
  br label %37

37:
  %38 = phi i1 [ false, %3 ], [ %36, %26 ]
  %39 = zext i1 %38 to i8
  store i8 %39, ptr %9, align 1
  %40 = load i8, ptr %9, align 1
  %41 = trunc i8 %40 to i1
  br i1 %41, label %42, label %48

42:
  %43 = load i64, ptr %5, align 8
  %44 = mul nsw i64 2, %43
  %45 = load i64, ptr %7, align 8
  %46 = sdiv i64 %45, 256
  %47 = call i64 @max(i64 noundef %44, i64 noundef %46) #4
  br label %51

48:
  %49 = load i64, ptr %5, align 8
  %50 = mul nsw i64 4, %49
  br label %51

51:
  %52 = phi i64 [ %47, %42 ], [ %50, %48 ]
  store i64 %52, ptr %10, align 8
  %53 = load i64, ptr %5, align 8
  %54 = mul nsw i64 4, %53
  %55 = load i64, ptr %10, align 8
  %56 = call i64 @min(i64 noundef %54, i64 noundef %55) #4
  %57 = load i64, ptr %6, align 8
  %58 = call i64 @min(i64 noundef %56, i64 noundef %57) #4
  store i64 %58, ptr %11, align 8
  %59 = load i64, ptr %7, align 8
  %60 = load i64, ptr %11, align 8
  %61 = add nsw i64 %59, %60
  %62 = sub nsw i64 %61, 1
  %63 = load i64, ptr %11, align 8
  %64 = sdiv i64 %62, %63
  store i64 %64, ptr %12, align 8
  %65 = load i8, ptr %8, align 1
  %66 = trunc i8 %65 to i1
  br i1 %66, label %75, label %67

67:
  %68 = load i8, ptr %9, align 1
  %69 = trunc i8 %68 to i1
  br i1 %69, label %70, label %73

70:
  %71 = load i64, ptr %12, align 8
  %72 = icmp sge i64 %71, 64
  br label %73

73:
  %74 = phi i1 [ false, %67 ], [ %72, %70 ]
  br label %75

75:
  %76 = phi i1 [ true, %51 ], [ %74, %73 ]
  %77 = zext i1 %76 to i64
  %78 = select i1 %76, i32 64, i32 1
  %79 = sext i32 %78 to i64
  store i64 %79, ptr %13, align 8
  %80 = load i64, ptr %12, align 8
  %81 = load i64, ptr %13, align 8
  %82 = add nsw i64 %80, %81
  %83 = sub nsw i64 %82, 1
  %84 = load i64, ptr %13, align 8
  %85 = sub nsw i64 0, %84
  %86 = and i64 %83, %85
  %87 = load ptr, ptr %4, align 8
  %88 = getelementptr inbounds %struct.job, ptr %87, i32 0, i32 6
  store i64 %86, ptr %88, align 8
  %89 = load ptr, ptr %4, align 8
  %90 = call i64 @head(ptr noundef %89) #4
  %91 = load ptr, ptr %4, align 8
  %92 = getelementptr inbounds %struct.job, ptr %91, i32 0, i32 7
  store i64 %90, ptr %92, align 8
  %93 = load i64, ptr %7, align 8
  %94 = load ptr, ptr %4, align 8
  %95 = getelementptr inbounds %struct.job, ptr %94, i32 0, i32 7
  %96 = load i64, ptr %95, align 8
  %97 = sub nsw i64 %93, %96
  %98 = load ptr, ptr %4, align 8
  %99 = getelementptr inbounds %struct.job, ptr %98, i32 0, i32 6
  %100 = load i64, ptr %99, align 8
  %101 = add nsw i64 %97, %100
  %102 = sub nsw i64 %101, 1
  %103 = load ptr, ptr %4, align 8
  %104 = getelementptr inbounds %struct.job, ptr %103, i32 0, i32 6
  %105 = load i64, ptr %104, align 8
  %106 = sdiv i64 %102, %105
  ret i64 %106
}

define internal void @publish(ptr noundef %0, ptr noundef %1, i64 noundef %2, i64 noundef %3) #0 {
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca i64, align 8
  %8 = alloca i64, align 8
  %9 = alloca ptr, align 8
  %10 = alloca ptr, align 8
  %11 = alloca ptr, align 8
  %12 = alloca ptr, align 8
  %13 = alloca i64, align 8
  %14 = alloca i64, align 8
  %15 = alloca i64, align 8
  %16 = alloca i64, align 8
  %17 = alloca i64, align 8
  %18 = alloca i64, align 8
  %19 = alloca i64, align 8
  %20 = alloca i64, align 8
  %21 = alloca i64, align 8
  %22 = alloca i64, align 8
  %23 = alloca i64, align 8
  %24 = alloca i64, align 8
  store ptr %0, ptr %5, align 8
  store ptr %1, ptr %6, align 8
  store i64 %2, ptr %7, align 8
  store i64 %3, ptr %8, align 8
  %25 = load ptr, ptr %5, align 8
  %26 = getelementptr inbounds %struct.block, ptr %25, i32 0, i32 33
  %27 = load ptr, ptr %6, align 8
  %28 = getelementptr inbounds %struct.job, ptr %27, i32 0, i32 0
  %29 = load ptr, ptr %28, align 8
  store ptr %29, ptr %9, align 8
  %30 = load i64, ptr %9, align 8
  store atomic i64 %30, ptr %26 monotonic, align 64
  %31 = load ptr, ptr %5, align 8
  %32 = getelementptr inbounds %struct.block, ptr %31, i32 0, i32 34
  %33 = load ptr, ptr %6, align 8
  %34 = getelementptr inbounds %struct.job, ptr %33, i32 0, i32 1
  %35 = load ptr, ptr %34, align 8
  store ptr %35, ptr %10, align 8
  %36 = load i64, ptr %10, align 8
  store atomic i64 %36, ptr %32 monotonic, align 8
  %37 = load ptr, ptr %5, align 8
  %38 = getelementptr inbounds %struct.block, ptr %37, i32 0, i32 35
  %39 = load ptr, ptr %6, align 8
  %40 = getelementptr inbounds %struct.job, ptr %39, i32 0, i32 2
  %41 = load ptr, ptr %40, align 8
  store ptr %41, ptr %11, align 8
  %42 = load i64, ptr %11, align 8
  store atomic i64 %42, ptr %38 monotonic, align 16
  %43 = load ptr, ptr %5, align 8
  %44 = getelementptr inbounds %struct.block, ptr %43, i32 0, i32 36
  %45 = load ptr, ptr %6, align 8
  %46 = getelementptr inbounds %struct.job, ptr %45, i32 0, i32 3
  %47 = load ptr, ptr %46, align 8
  store ptr %47, ptr %12, align 8
  %48 = load i64, ptr %12, align 8
  store atomic i64 %48, ptr %44 monotonic, align 8
  %49 = load ptr, ptr %5, align 8
  %50 = getelementptr inbounds %struct.block, ptr %49, i32 0, i32 37
  %51 = load ptr, ptr %6, align 8
  %52 = getelementptr inbounds %struct.job, ptr %51, i32 0, i32 4
  %53 = load i64, ptr %52, align 8
  store i64 %53, ptr %13, align 8
  %54 = load i64, ptr %13, align 8
  store atomic i64 %54, ptr %50 monotonic, align 32
  %55 = load ptr, ptr %5, align 8
  %56 = getelementptr inbounds %struct.block, ptr %55, i32 0, i32 38
  %57 = load ptr, ptr %6, align 8
  %58 = getelementptr inbounds %struct.job, ptr %57, i32 0, i32 5
  %59 = load i64, ptr %58, align 8
  store i64 %59, ptr %14, align 8
  %60 = load i64, ptr %14, align 8
  store atomic i64 %60, ptr %56 monotonic, align 8
  %61 = load ptr, ptr %5, align 8
  %62 = getelementptr inbounds %struct.block, ptr %61, i32 0, i32 39
  %63 = load ptr, ptr %6, align 8
  %64 = getelementptr inbounds %struct.job, ptr %63, i32 0, i32 6
  %65 = load i64, ptr %64, align 8
  store i64 %65, ptr %15, align 8
  %66 = load i64, ptr %15, align 8
  store atomic i64 %66, ptr %62 monotonic, align 16
  %67 = load ptr, ptr %5, align 8
  %68 = getelementptr inbounds %struct.block, ptr %67, i32 0, i32 40
  %69 = load ptr, ptr %6, align 8
  %70 = getelementptr inbounds %struct.job, ptr %69, i32 0, i32 7
  %71 = load i64, ptr %70, align 8
  store i64 %71, ptr %16, align 8
  %72 = load i64, ptr %16, align 8
  store atomic i64 %72, ptr %68 monotonic, align 8
  %73 = load ptr, ptr %5, align 8
  %74 = getelementptr inbounds %struct.block, ptr %73, i32 0, i32 31
  %75 = load i64, ptr %8, align 8
  store i64 %75, ptr %17, align 8
  %76 = load i64, ptr %17, align 8
  store atomic i64 %76, ptr %74 monotonic, align 8
  %77 = load ptr, ptr %5, align 8
  %78 = getelementptr inbounds %struct.block, ptr %77, i32 0, i32 41
  store i64 0, ptr %18, align 8
  %79 = load i64, ptr %18, align 8
  store atomic i64 %79, ptr %78 monotonic, align 128
  %80 = load ptr, ptr %5, align 8
  %81 = getelementptr inbounds %struct.block, ptr %80, i32 0, i32 25
  %82 = load ptr, ptr %5, align 8
  %83 = getelementptr inbounds %struct.block, ptr %82, i32 0, i32 25
  %84 = load atomic i64, ptr %83 monotonic, align 8
  store i64 %84, ptr %20, align 8
  %85 = load i64, ptr %20, align 8
  %86 = add nsw i64 %85, 1
  store i64 %86, ptr %19, align 8
  %87 = load i64, ptr %19, align 8
  store atomic i64 %87, ptr %81 monotonic, align 8
  %88 = load ptr, ptr %5, align 8
  %89 = getelementptr inbounds %struct.block, ptr %88, i32 0, i32 29
  %90 = load ptr, ptr %5, align 8
  %91 = getelementptr inbounds %struct.block, ptr %90, i32 0, i32 14
  %92 = getelementptr inbounds %struct.libc, ptr %91, i32 0, i32 8
  %93 = load ptr, ptr %92, align 16
  %94 = call i32 %93() #4
  %95 = sext i32 %94 to i64
  store i64 %95, ptr %21, align 8
  %96 = load i64, ptr %21, align 8
  store atomic i64 %96, ptr %89 monotonic, align 8
  %97 = load ptr, ptr %5, align 8
  %98 = getelementptr inbounds %struct.block, ptr %97, i32 0, i32 28
  %99 = load atomic i64, ptr %98 monotonic, align 128
  store i64 %99, ptr %23, align 8
  %100 = load i64, ptr %23, align 8
  %101 = lshr i64 %100, 32
  %102 = add i64 %101, 1
  store i64 %102, ptr %22, align 8
  %103 = load ptr, ptr %5, align 8
  %104 = getelementptr inbounds %struct.block, ptr %103, i32 0, i32 28
  %105 = load i64, ptr %22, align 8
  %106 = shl i64 %105, 32
  %107 = load i64, ptr %7, align 8
  %108 = shl i64 %107, 16
  %109 = or i64 %106, %108
  store i64 %109, ptr %24, align 8
  %110 = load i64, ptr %24, align 8
  store atomic i64 %110, ptr %104 release, align 128
  %111 = load ptr, ptr %5, align 8
  %112 = load i64, ptr %8, align 8
  call void @wake(ptr noundef %111, i64 noundef %112) #4
  ret void
}

define internal void @finish(ptr noundef %0, i64 noundef %1) #0 {
  %3 = alloca ptr, align 8
  %4 = alloca i64, align 8
  %5 = alloca i64, align 8
  %6 = alloca i64, align 8
  %7 = alloca i64, align 8
  store ptr %0, ptr %3, align 8
  store i64 %1, ptr %4, align 8
  %8 = load i64, ptr %4, align 8
  store i64 %8, ptr %5, align 8
  br label %9

9:
  %10 = load ptr, ptr %3, align 8
  %11 = call i1 @take(ptr noundef %10, i64 noundef -1) #4
  br i1 %11, label %12, label %15

12:
  %13 = load i64, ptr %5, align 8
  %14 = add nsw i64 %13, -1
  store i64 %14, ptr %5, align 8
  br label %9

15:
  store i64 0, ptr %6, align 8
  br label %16

16:
  %17 = load ptr, ptr %3, align 8
  %18 = getelementptr inbounds %struct.block, ptr %17, i32 0, i32 41
  %19 = load atomic i64, ptr %18 acquire, align 128
  store i64 %19, ptr %7, align 8
  %20 = load i64, ptr %7, align 8
  %21 = load i64, ptr %5, align 8
  %22 = icmp ne i64 %20, %21
  br i1 %22, label %23, label %37

23:
  %24 = load i64, ptr %6, align 8
  %25 = icmp ult i64 %24, 1000
  br i1 %25, label %26, label %27

26:
  call void @fastact_pool_pause() #4
  br label %33

27:
  %28 = load ptr, ptr %3, align 8
  %29 = getelementptr inbounds %struct.block, ptr %28, i32 0, i32 14
  %30 = getelementptr inbounds %struct.libc, ptr %29, i32 0, i32 9
  %31 = load ptr, ptr %30, align 8
  %32 = call i32 %31() #4
  br label %33

33:
  br label %34

34:
  %35 = load i64, ptr %6, align 8
  %36 = add i64 %35, 1
  store i64 %36, ptr %6, align 8
  br label %16

37:
  ret void
}

define internal i1 @hire(ptr noundef %0, i64 noundef %1) #0 {
  %3 = alloca ptr, align 8
  %4 = alloca i64, align 8
  %5 = alloca ptr, align 8
  %6 = alloca i64, align 8
  store ptr %0, ptr %3, align 8
  store i64 %1, ptr %4, align 8
  %7 = load ptr, ptr %3, align 8
  %8 = getelementptr inbounds %struct.block, ptr %7, i32 0, i32 43
  %9 = load i64, ptr %4, align 8
  %10 = getelementptr inbounds [1023 x %struct.slot], ptr %8, i64 0, i64 %9
  store ptr %10, ptr %5, align 8
  %11 = load ptr, ptr %3, align 8
  %12 = load ptr, ptr %5, align 8
  %13 = getelementptr inbounds %struct.slot, ptr %12, i32 0, i32 2
  store ptr %11, ptr %13, align 8
  %14 = load i64, ptr %4, align 8
  %15 = load ptr, ptr %5, align 8
  %16 = getelementptr inbounds %struct.slot, ptr %15, i32 0, i32 3
  store i64 %14, ptr %16, align 16
  %17 = load ptr, ptr %5, align 8
  %18 = getelementptr inbounds %struct.slot, ptr %17, i32 0, i32 5
  store i64 -1, ptr %18, align 64
  %19 = load ptr, ptr %5, align 8
  %20 = getelementptr inbounds %struct.slot, ptr %19, i32 0, i32 4
  store i64 1, ptr %6, align 8
  %21 = load i64, ptr %6, align 8
  store atomic i64 %21, ptr %20 monotonic, align 8
  %22 = load ptr, ptr %3, align 8
  %23 = getelementptr inbounds %struct.block, ptr %22, i32 0, i32 14
  %24 = getelementptr inbounds %struct.libc, ptr %23, i32 0, i32 4
  %25 = load ptr, ptr %24, align 16
  %26 = load ptr, ptr %5, align 8
  %27 = getelementptr inbounds %struct.slot, ptr %26, i32 0, i32 0
  %28 = getelementptr inbounds [4 x i64], ptr %27, i64 0, i64 0
  %29 = call i32 %25(ptr noundef %28, i32 noundef 0, i32 noundef 0) #4
  %30 = load ptr, ptr %3, align 8
  %31 = getelementptr inbounds %struct.block, ptr %30, i32 0, i32 14
  %32 = getelementptr inbounds %struct.libc, ptr %31, i32 0, i32 0
  %33 = load ptr, ptr %32, align 16
  %34 = load ptr, ptr %5, align 8
  %35 = getelementptr inbounds %struct.slot, ptr %34, i32 0, i32 1
  %36 = load ptr, ptr %5, align 8
  %37 = call i32 %33(ptr noundef %35, ptr noundef null, ptr noundef @worker, ptr noundef %36) #4
  %38 = icmp ne i32 %37, 0
  %39 = xor i1 %38, true
  ret i1 %39
}

define internal ptr @worker(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  %3 = alloca ptr, align 8
  %4 = alloca ptr, align 8
  %5 = alloca i64, align 8
  store ptr %0, ptr %2, align 8
  %6 = load ptr, ptr %2, align 8
  store ptr %6, ptr %3, align 8
  %7 = load ptr, ptr %3, align 8
  %8 = getelementptr inbounds %struct.slot, ptr %7, i32 0, i32 2
  %9 = load ptr, ptr %8, align 8
  store ptr %9, ptr %4, align 8
  %10 = load ptr, ptr %3, align 8
  %11 = getelementptr inbounds %struct.slot, ptr %10, i32 0, i32 3
  %12 = load i64, ptr %11, align 16
  %13 = load ptr, ptr %4, align 8
  %14 = getelementptr inbounds %struct.block, ptr %13, i32 0, i32 6
  %15 = load i64, ptr %14, align 16
  %16 = icmp slt i64 %12, %15
  br i1 %16, label %17, label %21

17:
  %18 = load ptr, ptr %4, align 8
  %19 = getelementptr inbounds %struct.block, ptr %18, i32 0, i32 5
  %20 = load i64, ptr %19, align 8
  br label %22

21:
  br label %22

22:
  %23 = phi i64 [ %20, %17 ], [ 0, %21 ]
  store i64 %23, ptr %5, align 8
  %24 = load ptr, ptr %4, align 8
  %25 = load ptr, ptr %3, align 8
  call void @rest(ptr noundef %24, ptr noundef %25) #4
  br label %26

26:
  %27 = load ptr, ptr %4, align 8
  %28 = load ptr, ptr %3, align 8
  %29 = getelementptr inbounds %struct.slot, ptr %28, i32 0, i32 3
  %30 = load i64, ptr %29, align 16
  %31 = load i64, ptr %5, align 8
  %32 = call i1 @serve(ptr noundef %27, i64 noundef %30, i64 noundef %31) #4
  br i1 %32, label %33, label %40

33:
  %34 = load ptr, ptr %4, align 8
  %35 = load ptr, ptr %3, align 8
  %36 = load ptr, ptr %3, align 8
  %37 = getelementptr inbounds %struct.slot, ptr %36, i32 0, i32 3
  %38 = load i64, ptr %37, align 16
  %39 = call i1 @park(ptr noundef %34, ptr noundef %35, i64 noundef %38) #4
  br label %40

40:
  %41 = phi i1 [ false, %26 ], [ %39, %33 ]
  br i1 %41, label %42, label %43

42:
  br label %26

43:
  ret ptr null
}

define internal void @rest(ptr noundef %0, ptr noundef %1) #0 {
  %3 = alloca ptr, align 8
  %4 = alloca ptr, align 8
  %5 = alloca i64, align 8
  store ptr %0, ptr %3, align 8
  store ptr %1, ptr %4, align 8
  br label %6

6:
  %7 = load ptr, ptr %3, align 8
  %8 = getelementptr inbounds %struct.block, ptr %7, i32 0, i32 14
  %9 = getelementptr inbounds %struct.libc, ptr %8, i32 0, i32 5
  %10 = load ptr, ptr %9, align 8
  %11 = load ptr, ptr %4, align 8
  %12 = getelementptr inbounds %struct.slot, ptr %11, i32 0, i32 0
  %13 = getelementptr inbounds [4 x i64], ptr %12, i64 0, i64 0
  %14 = call i32 %10(ptr noundef %13) #4
  %15 = icmp ne i32 %14, 0
  br i1 %15, label %16, label %17

16:
  br label %6

17:
  %18 = load ptr, ptr %4, align 8
  %19 = getelementptr inbounds %struct.slot, ptr %18, i32 0, i32 5
  %20 = load i64, ptr %19, align 64
  store i64 %20, ptr %5, align 8
  %21 = load i64, ptr %5, align 8
  %22 = icmp sge i64 %21, 0
  br i1 %22, label %23, label %34

23:
  %24 = load ptr, ptr %4, align 8
  %25 = getelementptr inbounds %struct.slot, ptr %24, i32 0, i32 5
  store i64 -1, ptr %25, align 64
  %26 = load ptr, ptr %3, align 8
  %27 = load ptr, ptr %3, align 8
  %28 = getelementptr inbounds %struct.block, ptr %27, i32 0, i32 14
  %29 = getelementptr inbounds %struct.libc, ptr %28, i32 0, i32 10
  %30 = load ptr, ptr %29, align 16
  %31 = call i64 %30() #4
  %32 = load i64, ptr %5, align 8
  %33 = call i1 @allow(ptr noundef %26, i64 noundef %31, i64 noundef %32, i1 noundef true) #4
  br label %34

34:
  ret void
}

define internal i1 @serve(ptr noundef %0, i64 noundef %1, i64 noundef %2) #0 {
  %4 = alloca i1, align 1
  %5 = alloca ptr, align 8
  %6 = alloca i64, align 8
  %7 = alloca i64, align 8
  %8 = alloca i64, align 8
  %9 = alloca i32, align 4
  %10 = alloca i64, align 8
  %11 = alloca i64, align 8
  %12 = alloca i64, align 8
  store ptr %0, ptr %5, align 8
  store i64 %1, ptr %6, align 8
  store i64 %2, ptr %7, align 8
  %13 = load ptr, ptr %5, align 8
  %14 = call i1 @leave_callers_core(ptr noundef %13) #4
  %15 = load ptr, ptr %5, align 8
  %16 = call i64 @now(ptr noundef %15) #4
  store i64 %16, ptr %8, align 8
  store i32 0, ptr %9, align 4
  br label %17

17:
  %18 = load ptr, ptr %5, align 8
  %19 = load i64, ptr %6, align 8
  %20 = call i1 @take(ptr noundef %18, i64 noundef %19) #4
  br i1 %20, label %21, label %29

21:
  %22 = load ptr, ptr %5, align 8
  %23 = getelementptr inbounds %struct.block, ptr %22, i32 0, i32 41
  store i64 1, ptr %10, align 8
  %24 = load i64, ptr %10, align 8
  %25 = atomicrmw add ptr %23, i64 %24 acq_rel, align 128
  store i64 %25, ptr %11, align 8
  %26 = load i64, ptr %11, align 8
  %27 = load ptr, ptr %5, align 8
  %28 = call i64 @now(ptr noundef %27) #4
  store i64 %28, ptr %8, align 8
  store i32 0, ptr %9, align 4
  br label %17

29:
  call void @fastact_pool_pause() #4
  %30 = load i32, ptr %9, align 4
  %31 = add nsw i32 %30, 1
  store i32 %31, ptr %9, align 4
  %32 = icmp slt i32 %31, 32
  br i1 %32, label %33, label %34

33:
  br label %17

34:
  store i32 0, ptr %9, align 4
  %35 = load ptr, ptr %5, align 8
  %36 = getelementptr inbounds %struct.block, ptr %35, i32 0, i32 30
  %37 = load atomic i64, ptr %36 acquire, align 16
  store i64 %37, ptr %12, align 8
  %38 = load i64, ptr %12, align 8
  %39 = icmp ne i64 %38, 0
  br i1 %39, label %40, label %41

40:
  store i1 false, ptr %4, align 1
  br label %53

41:
  %42 = load ptr, ptr %5, align 8
  %43 = call i1 @leave_callers_core(ptr noundef %42) #4
  br i1 %43, label %44, label %51

44:
  %45 = load ptr, ptr %5, align 8
  %46 = call i64 @now(ptr noundef %45) #4
  %47 = load i64, ptr %8, align 8
  %48 = sub nsw i64 %46, %47
  %49 = load i64, ptr %7, align 8
  %50 = icmp sgt i64 %48, %49
  br i1 %50, label %51, label %52

51:
  store i1 true, ptr %4, align 1
  br label %53

52:
  br label %17

53:
  %54 = load i1, ptr %4, align 1
  ret i1 %54
}

define internal i1 @park(ptr noundef %0, ptr noundef %1, i64 noundef %2) #0 {
  %4 = alloca ptr, align 8
  %5 = alloca ptr, align 8
  %6 = alloca i64, align 8
  %7 = alloca i64, align 8
  %8 = alloca i8, align 1
  %9 = alloca i64, align 8
  %10 = alloca i8, align 1
  %11 = alloca i64, align 8
  %12 = alloca i64, align 8
  %13 = alloca i64, align 8
  %14 = alloca i8, align 1
  %15 = alloca i64, align 8
  store ptr %0, ptr %4, align 8
  store ptr %1, ptr %5, align 8
  store i64 %2, ptr %6, align 8
  %16 = load ptr, ptr %5, align 8
  %17 = getelementptr inbounds %struct.slot, ptr %16, i32 0, i32 4
  store i64 1, ptr %7, align 8
  %18 = load i64, ptr %7, align 8
  store atomic i64 %18, ptr %17 release, align 8
  fence seq_cst
  %19 = load ptr, ptr %4, align 8
  %20 = getelementptr inbounds %struct.block, ptr %19, i32 0, i32 30
  %21 = load atomic i64, ptr %20 acquire, align 16
  store i64 %21, ptr %9, align 8
  %22 = load i64, ptr %9, align 8
  %23 = icmp ne i64 %22, 0
  %24 = zext i1 %23 to i8
  store i8 %24, ptr %8, align 1
  %25 = load i8, ptr %8, align 1
  %26 = trunc i8 %25 to i1
  br i1 %26, label %35, label %27

27:
  %28 = load ptr, ptr %4, align 8
  %29 = load ptr, ptr %4, align 8
  %30 = getelementptr inbounds %struct.block, ptr %29, i32 0, i32 28
  %31 = load atomic i64, ptr %30 acquire, align 128
  store i64 %31, ptr %11, align 8
  %32 = load i64, ptr %11, align 8
  %33 = load i64, ptr %6, align 8
  %34 = call i1 @is_open(ptr noundef %28, i64 noundef %32, i64 noundef %33) #4
  br label %35

35:
  %36 = phi i1 [ true, %3 ], [ %34, %27 ]
  %37 = zext i1 %36 to i8
  store i8 %37, ptr %10, align 1
  store i64 1, ptr %12, align 8
  %38 = load i8, ptr %10, align 1
  %39 = trunc i8 %38 to i1
  br i1 %39, label %40, label %53

40:
  %41 = load ptr, ptr %5, align 8
  %42 = getelementptr inbounds %struct.slot, ptr %41, i32 0, i32 4
  store i64 0, ptr %13, align 8
  %43 = load i64, ptr %12, align 8
  %44 = load i64, ptr %13, align 8
  %45 = cmpxchg ptr %42, i64 %43, i64 %44 acq_rel acquire, align 8
  %46 = extractvalue { i64, i1 } %45, 0
  %47 = extractvalue { i64, i1 } %45, 1
  br i1 %47, label %49, label %48

48:
  store i64 %46, ptr %12, align 8
  br label %49

49:
  %50 = zext i1 %47 to i8
  store i8 %50, ptr %14, align 1
  %51 = load i8, ptr %14, align 1
  %52 = trunc i8 %51 to i1
  br i1 %52, label %56, label %53

53:
  %54 = load ptr, ptr %4, align 8
  %55 = load ptr, ptr %5, align 8
  call void @rest(ptr noundef %54, ptr noundef %55) #4
  br label %56

56:
  %57 = load ptr, ptr %4, align 8
  %58 = getelementptr inbounds %struct.block, ptr %57, i32 0, i32 30
  %59 = load atomic i64, ptr %58 acquire, align 16
  store i64 %59, ptr %15, align 8
  %60 = load i64, ptr %15, align 8
  %61 = icmp ne i64 %60, 0
  %62 = xor i1 %61, true
  ret i1 %62
}

define internal i1 @allow(ptr noundef %0, i64 noundef %1, i64 noundef %2, i1 noundef %3) #0 {
  %5 = alloca i1, align 1
  %6 = alloca ptr, align 8
  %7 = alloca i64, align 8
  %8 = alloca i64, align 8
  %9 = alloca i8, align 1
  %10 = alloca [128 x i64], align 16
  %11 = alloca i64, align 8
  %12 = alloca i64, align 8
  %13 = alloca i32, align 4
  store ptr %0, ptr %6, align 8
  store i64 %1, ptr %7, align 8
  store i64 %2, ptr %8, align 8
  %14 = zext i1 %3 to i8
  store i8 %14, ptr %9, align 1
  store i64 0, ptr %11, align 8
  %15 = load i64, ptr %8, align 8
  %16 = icmp slt i64 %15, 0
  br i1 %16, label %29, label %17

17:
  %18 = load i64, ptr %8, align 8
  %19 = icmp sge i64 %18, 8192
  br i1 %19, label %29, label %20

20:
  %21 = load ptr, ptr %6, align 8
  %22 = getelementptr inbounds %struct.block, ptr %21, i32 0, i32 14
  %23 = getelementptr inbounds %struct.libc, ptr %22, i32 0, i32 11
  %24 = load ptr, ptr %23, align 8
  %25 = load i64, ptr %7, align 8
  %26 = getelementptr inbounds [128 x i64], ptr %10, i64 0, i64 0
  %27 = call i32 %24(i64 noundef %25, i64 noundef 1024, ptr noundef %26) #4
  %28 = icmp ne i32 %27, 0
  br i1 %28, label %29, label %30

29:
  store i1 false, ptr %5, align 1
  br label %82

30:
  %31 = load i64, ptr %8, align 8
  %32 = and i64 %31, 63
  %33 = shl i64 1, %32
  store i64 %33, ptr %12, align 8
  %34 = load i64, ptr %8, align 8
  %35 = sdiv i64 %34, 64
  %36 = getelementptr inbounds [128 x i64], ptr %10, i64 0, i64 %35
  %37 = load i64, ptr %36, align 8
  %38 = load i64, ptr %12, align 8
  %39 = and i64 %37, %38
  %40 = icmp ne i64 %39, 0
  %41 = zext i1 %40 to i32
  %42 = load i8, ptr %9, align 1
  %43 = trunc i8 %42 to i1
  %44 = zext i1 %43 to i32
  %45 = icmp eq i32 %41, %44
  br i1 %45, label %46, label %47

46:
  store i1 false, ptr %5, align 1
  br label %82

47:
  %48 = load i64, ptr %12, align 8
  %49 = load i64, ptr %8, align 8
  %50 = sdiv i64 %49, 64
  %51 = getelementptr inbounds [128 x i64], ptr %10, i64 0, i64 %50
  %52 = load i64, ptr %51, align 8
  %53 = xor i64 %52, %48
  store i64 %53, ptr %51, align 8
  store i32 0, ptr %13, align 4
  br label %54

54:
  %55 = load i32, ptr %13, align 4
  %56 = icmp slt i32 %55, 128
  br i1 %56, label %57, label %67

57:
  %58 = load i32, ptr %13, align 4
  %59 = sext i32 %58 to i64
  %60 = getelementptr inbounds [128 x i64], ptr %10, i64 0, i64 %59
  %61 = load i64, ptr %60, align 8
  %62 = load i64, ptr %11, align 8
  %63 = or i64 %62, %61
  store i64 %63, ptr %11, align 8
  br label %64

64:
  %65 = load i32, ptr %13, align 4
  %66 = add nsw i32 %65, 1
  store i32 %66, ptr %13, align 4
  br label %54

67:
  %68 = load i64, ptr %11, align 8
  %69 = icmp ne i64 %68, 0
  br i1 %69, label %70, label %80

70:
  %71 = load ptr, ptr %6, align 8
  %72 = getelementptr inbounds %struct.block, ptr %71, i32 0, i32 14
  %73 = getelementptr inbounds %struct.libc, ptr %72, i32 0, i32 12
  %74 = load ptr, ptr %73, align 16
  %75 = load i64, ptr %7, align 8
  %76 = getelementptr inbounds [128 x i64], ptr %10, i64 0, i64 0
  %77 = call i32 %74(i64 noundef %75, i64 noundef 1024, ptr noundef %76) #4
  %78 = icmp ne i32 %77, 0
  %79 = xor i1 %78, true
  br label %80

80:
  %81 = phi i1 [ false, %67 ], [ %79, %70 ]
  store i1 %81, ptr %5, align 1
  br label %82

82:
  %83 = load i1, ptr %5, align 1
  ret i1 %83
}

define internal i1 @leave_callers_core(ptr noundef %0) #0 {
  %2 = alloca i1, align 1
  %3 = alloca ptr, align 8
  %4 = alloca i64, align 8
  %5 = alloca i64, align 8
  %6 = alloca i64, align 8
  store ptr %0, ptr %3, align 8
  %7 = load ptr, ptr %3, align 8
  %8 = getelementptr inbounds %struct.block, ptr %7, i32 0, i32 14
  %9 = getelementptr inbounds %struct.libc, ptr %8, i32 0, i32 8
  %10 = load ptr, ptr %9, align 16
  %11 = call i32 %10() #4
  %12 = sext i32 %11 to i64
  store i64 %12, ptr %4, align 8
  %13 = load i64, ptr %4, align 8
  %14 = load ptr, ptr %3, align 8
  %15 = getelementptr inbounds %struct.block, ptr %14, i32 0, i32 29
  %16 = load atomic i64, ptr %15 monotonic, align 8
  store i64 %16, ptr %5, align 8
  %17 = load i64, ptr %5, align 8
  %18 = icmp ne i64 %13, %17
  br i1 %18, label %19, label %20

19:
  store i1 true, ptr %2, align 1
  br label %36

20:
  %21 = load ptr, ptr %3, align 8
  %22 = getelementptr inbounds %struct.block, ptr %21, i32 0, i32 14
  %23 = getelementptr inbounds %struct.libc, ptr %22, i32 0, i32 10
  %24 = load ptr, ptr %23, align 16
  %25 = call i64 %24() #4
  store i64 %25, ptr %6, align 8
  %26 = load ptr, ptr %3, align 8
  %27 = load i64, ptr %6, align 8
  %28 = load i64, ptr %4, align 8
  %29 = call i1 @allow(ptr noundef %26, i64 noundef %27, i64 noundef %28, i1 noundef false) #4
  br i1 %29, label %31, label %30

30:
  store i1 false, ptr %2, align 1
  br label %36

31:
  %32 = load ptr, ptr %3, align 8
  %33 = load i64, ptr %6, align 8
  %34 = load i64, ptr %4, align 8
  %35 = call i1 @allow(ptr noundef %32, i64 noundef %33, i64 noundef %34, i1 noundef true) #4
  store i1 true, ptr %2, align 1
  br label %36

36:
  %37 = load i1, ptr %2, align 1
  ret i1 %37
}

define internal i1 @take(ptr noundef %0, i64 noundef %1) #0 {
  %3 = alloca i1, align 1
  %4 = alloca ptr, align 8
  %5 = alloca i64, align 8
  %6 = alloca i64, align 8
  %7 = alloca i64, align 8
  %8 = alloca %struct.job, align 8
  %9 = alloca ptr, align 8
  %10 = alloca ptr, align 8
  %11 = alloca ptr, align 8
  %12 = alloca ptr, align 8
  %13 = alloca i64, align 8
  %14 = alloca i64, align 8
  %15 = alloca i64, align 8
  %16 = alloca i64, align 8
  %17 = alloca i64, align 8
  %18 = alloca i8, align 1
  store ptr %0, ptr %4, align 8
  store i64 %1, ptr %5, align 8
  br label %19

19:
  %20 = load ptr, ptr %4, align 8
  %21 = getelementptr inbounds %struct.block, ptr %20, i32 0, i32 28
  %22 = load atomic i64, ptr %21 acquire, align 128
  store i64 %22, ptr %7, align 8
  %23 = load i64, ptr %7, align 8
  store i64 %23, ptr %6, align 8
  %24 = load ptr, ptr %4, align 8
  %25 = load i64, ptr %6, align 8
  %26 = load i64, ptr %5, align 8
  %27 = call i1 @is_open(ptr noundef %24, i64 noundef %25, i64 noundef %26) #4
  br i1 %27, label %29, label %28

28:
  store i1 false, ptr %3, align 1
  br label %89

29:
  %30 = getelementptr inbounds %struct.job, ptr %8, i32 0, i32 0
  %31 = load ptr, ptr %4, align 8
  %32 = getelementptr inbounds %struct.block, ptr %31, i32 0, i32 33
  %33 = load atomic i64, ptr %32 monotonic, align 64
  store i64 %33, ptr %9, align 8
  %34 = load ptr, ptr %9, align 8
  store ptr %34, ptr %30, align 8
  %35 = getelementptr inbounds %struct.job, ptr %8, i32 0, i32 1
  %36 = load ptr, ptr %4, align 8
  %37 = getelementptr inbounds %struct.block, ptr %36, i32 0, i32 34
  %38 = load atomic i64, ptr %37 monotonic, align 8
  store i64 %38, ptr %10, align 8
  %39 = load ptr, ptr %10, align 8
  store ptr %39, ptr %35, align 8
  %40 = getelementptr inbounds %struct.job, ptr %8, i32 0, i32 2
  %41 = load ptr, ptr %4, align 8
  %42 = getelementptr inbounds %struct.block, ptr %41, i32 0, i32 35
  %43 = load atomic i64, ptr %42 monotonic, align 16
  store i64 %43, ptr %11, align 8
  %44 = load ptr, ptr %11, align 8
  store ptr %44, ptr %40, align 8
  %45 = getelementptr inbounds %struct.job, ptr %8, i32 0, i32 3
  %46 = load ptr, ptr %4, align 8
  %47 = getelementptr inbounds %struct.block, ptr %46, i32 0, i32 36
  %48 = load atomic i64, ptr %47 monotonic, align 8
  store i64 %48, ptr %12, align 8
  %49 = load ptr, ptr %12, align 8
  store ptr %49, ptr %45, align 8
  %50 = getelementptr inbounds %struct.job, ptr %8, i32 0, i32 4
  %51 = load ptr, ptr %4, align 8
  %52 = getelementptr inbounds %struct.block, ptr %51, i32 0, i32 37
  %53 = load atomic i64, ptr %52 monotonic, align 32
  store i64 %53, ptr %13, align 8
  %54 = load i64, ptr %13, align 8
  store i64 %54, ptr %50, align 8
  %55 = getelementptr inbounds %struct.job, ptr %8, i32 0, i32 5
  %56 = load ptr, ptr %4, align 8
  %57 = getelementptr inbounds %struct.block, ptr %56, i32 0, i32 38
  %58 = load atomic i64, ptr %57 monotonic, align 8
  store i64 %58, ptr %14, align 8
  %59 = load i64, ptr %14, align 8
  store i64 %59, ptr %55, align 8
  %60 = getelementptr inbounds %struct.job, ptr %8, i32 0, i32 6
  %61 = load ptr, ptr %4, align 8
  %62 = getelementptr inbounds %struct.block, ptr %61, i32 0, i32 39
  %63 = load atomic i64, ptr %62 monotonic, align 16
  store i64 %63, ptr %15, align 8
  %64 = load i64, ptr %15, align 8
  store i64 %64, ptr %60, align 8
  %65 = getelementptr inbounds %struct.job, ptr %8, i32 0, i32 7
  %66 = load ptr, ptr %4, align 8
  %67 = getelementptr inbounds %struct.block, ptr %66, i32 0, i32 40
  %68 = load atomic i64, ptr %67 monotonic, align 8
  store i64 %68, ptr %16, align 8
  %69 = load i64, ptr %16, align 8
  store i64 %69, ptr %65, align 8
  %70 = load ptr, ptr %4, align 8
  %71 = getelementptr inbounds %struct.block, ptr %70, i32 0, i32 28
  %72 = load i64, ptr %6, align 8
  %73 = add i64 %72, 1
  store i64 %73, ptr %17, align 8
  %74 = load i64, ptr %6, align 8
  %75 = load i64, ptr %17, align 8
  %76 = cmpxchg ptr %71, i64 %74, i64 %75 acq_rel acquire, align 128
  %77 = extractvalue { i64, i1 } %76, 0
  %78 = extractvalue { i64, i1 } %76, 1
  br i1 %78, label %80, label %79

79:
  store i64 %77, ptr %6, align 8
  br label %80

80:
  %81 = zext i1 %78 to i8
  store i8 %81, ptr %18, align 1
  %82 = load i8, ptr %18, align 1
  %83 = trunc i8 %82 to i1
  br i1 %83, label %84, label %88

84:
  %85 = load ptr, ptr %4, align 8
  %86 = load i64, ptr %6, align 8
  %87 = call i64 @next_chunk(i64 noundef %86) #4
  call void @run(ptr noundef %85, ptr noundef %8, i64 noundef %87) #4
  store i1 true, ptr %3, align 1
  br label %89

88:
  br label %19

89:
  %90 = load i1, ptr %3, align 1
  ret i1 %90
}

declare void @fastact_pool_pause() #3

define internal i1 @is_open(ptr noundef %0, i64 noundef %1, i64 noundef %2) #0 {
  %4 = alloca ptr, align 8
  %5 = alloca i64, align 8
  %6 = alloca i64, align 8
  %7 = alloca i64, align 8
  store ptr %0, ptr %4, align 8
  store i64 %1, ptr %5, align 8
  store i64 %2, ptr %6, align 8
  %8 = load i64, ptr %5, align 8
  %9 = call i64 @next_chunk(i64 noundef %8) #4
  %10 = load i64, ptr %5, align 8
  %11 = call i64 @chunks(i64 noundef %10) #4
  %12 = icmp ult i64 %9, %11
  br i1 %12, label %13, label %20

13:
  %14 = load i64, ptr %6, align 8
  %15 = load ptr, ptr %4, align 8
  %16 = getelementptr inbounds %struct.block, ptr %15, i32 0, i32 31
  %17 = load atomic i64, ptr %16 monotonic, align 8
  store i64 %17, ptr %7, align 8
  %18 = load i64, ptr %7, align 8
  %19 = icmp slt i64 %14, %18
  br label %20

20:
  %21 = phi i1 [ false, %3 ], [ %19, %13 ]
  ret i1 %21
}

define internal void @run(ptr noundef %0, ptr noundef %1, i64 noundef %2) #0 {
  %4 = alloca ptr, align 8
  %5 = alloca ptr, align 8
  %6 = alloca i64, align 8
  %7 = alloca [64 x ptr], align 16
  %8 = alloca [64 x i64], align 16
  %9 = alloca i64, align 8
  %10 = alloca i64, align 8
  %11 = alloca i64, align 8
  %12 = alloca i64, align 8
  store ptr %0, ptr %4, align 8
  store ptr %1, ptr %5, align 8
  store i64 %2, ptr %6, align 8
  %13 = load i64, ptr %6, align 8
  %14 = icmp ne i64 %13, 0
  br i1 %14, label %15, label %25

15:
  %16 = load i64, ptr %6, align 8
  %17 = load ptr, ptr %5, align 8
  %18 = getelementptr inbounds %struct.job, ptr %17, i32 0, i32 6
  %19 = load i64, ptr %18, align 8
  %20 = mul nsw i64 %16, %19
  %21 = load ptr, ptr %5, align 8
  %22 = getelementptr inbounds %struct.job, ptr %21, i32 0, i32 7
  %23 = load i64, ptr %22, align 8
  %24 = add nsw i64 %20, %23
  br label %26

25:
  br label %26

26:
  %27 = phi i64 [ %24, %15 ], [ 0, %25 ]
  store i64 %27, ptr %9, align 8
  %28 = load i64, ptr %6, align 8
  %29 = add nsw i64 %28, 1
  %30 = load ptr, ptr %5, align 8
  %31 = getelementptr inbounds %struct.job, ptr %30, i32 0, i32 6
  %32 = load i64, ptr %31, align 8
  %33 = mul nsw i64 %29, %32
  %34 = load ptr, ptr %5, align 8
  %35 = getelementptr inbounds %struct.job, ptr %34, i32 0, i32 7
  %36 = load i64, ptr %35, align 8
  %37 = add nsw i64 %33, %36
  %38 = load ptr, ptr %5, align 8
  %39 = getelementptr inbounds %struct.job, ptr %38, i32 0, i32 2
  %40 = load ptr, ptr %39, align 8
  %41 = getelementptr inbounds i64, ptr %40, i64 0
  %42 = load i64, ptr %41, align 8
  %43 = call i64 @min(i64 noundef %37, i64 noundef %42) #4
  store i64 %43, ptr %10, align 8
  store i64 0, ptr %11, align 8
  br label %44

44:
  %45 = load i64, ptr %11, align 8
  %46 = load ptr, ptr %5, align 8
  %47 = getelementptr inbounds %struct.job, ptr %46, i32 0, i32 4
  %48 = load i64, ptr %47, align 8
  %49 = icmp slt i64 %45, %48
  br i1 %49, label %50, label %71

50:
  %51 = load ptr, ptr %5, align 8
  %52 = getelementptr inbounds %struct.job, ptr %51, i32 0, i32 1
  %53 = load ptr, ptr %52, align 8
  %54 = load i64, ptr %11, align 8
  %55 = getelementptr inbounds ptr, ptr %53, i64 %54
  %56 = load ptr, ptr %55, align 8
  %57 = load ptr, ptr %5, align 8
  %58 = getelementptr inbounds %struct.job, ptr %57, i32 0, i32 3
  %59 = load ptr, ptr %58, align 8
  %60 = load i64, ptr %11, align 8
  %61 = getelementptr inbounds i64, ptr %59, i64 %60
  %62 = load i64, ptr %61, align 8
  %63 = load i64, ptr %9, align 8
  %64 = mul nsw i64 %62, %63
  %65 = getelementptr inbounds i8, ptr %56, i64 %64
  %66 = load i64, ptr %11, align 8
  %67 = getelementptr inbounds [64 x ptr], ptr %7, i64 0, i64 %66
  store ptr %65, ptr %67, align 8
  br label %68

68:
  %69 = load i64, ptr %11, align 8
  %70 = add nsw i64 %69, 1
  store i64 %70, ptr %11, align 8
  br label %44

71:
  store i64 1, ptr %12, align 8
  br label %72

72:
  %73 = load i64, ptr %12, align 8
  %74 = load ptr, ptr %5, align 8
  %75 = getelementptr inbounds %struct.job, ptr %74, i32 0, i32 5
  %76 = load i64, ptr %75, align 8
  %77 = icmp slt i64 %73, %76
  br i1 %77, label %78, label %90

78:
  %79 = load ptr, ptr %5, align 8
  %80 = getelementptr inbounds %struct.job, ptr %79, i32 0, i32 2
  %81 = load ptr, ptr %80, align 8
  %82 = load i64, ptr %12, align 8
  %83 = getelementptr inbounds i64, ptr %81, i64 %82
  %84 = load i64, ptr %83, align 8
  %85 = load i64, ptr %12, align 8
  %86 = getelementptr inbounds [64 x i64], ptr %8, i64 0, i64 %85
  store i64 %84, ptr %86, align 8
  br label %87

87:
  %88 = load i64, ptr %12, align 8
  %89 = add nsw i64 %88, 1
  store i64 %89, ptr %12, align 8
  br label %72

90:
  %91 = load i64, ptr %10, align 8
  %92 = load i64, ptr %9, align 8
  %93 = sub nsw i64 %91, %92
  %94 = getelementptr inbounds [64 x i64], ptr %8, i64 0, i64 0
  store i64 %93, ptr %94, align 16
  %95 = load ptr, ptr %5, align 8
  %96 = getelementptr inbounds %struct.job, ptr %95, i32 0, i32 0
  %97 = load ptr, ptr %96, align 8
  %98 = getelementptr inbounds [64 x ptr], ptr %7, i64 0, i64 0
  %99 = getelementptr inbounds [64 x i64], ptr %8, i64 0, i64 0
  %100 = load ptr, ptr %5, align 8
  %101 = getelementptr inbounds %struct.job, ptr %100, i32 0, i32 3
  %102 = load ptr, ptr %101, align 8
  %103 = load ptr, ptr %4, align 8
  call void %97(ptr noundef %98, ptr noundef %99, ptr noundef %102, ptr noundef %103) #4
  ret void
}

define internal i64 @next_chunk(i64 noundef %0) #2 {
  %2 = alloca i64, align 8
  store i64 %0, ptr %2, align 8
  %3 = load i64, ptr %2, align 8
  %4 = and i64 %3, 65535
  ret i64 %4
}

define internal i64 @chunks(i64 noundef %0) #2 {
  %2 = alloca i64, align 8
  store i64 %0, ptr %2, align 8
  %3 = load i64, ptr %2, align 8
  %4 = lshr i64 %3, 16
  %5 = and i64 %4, 65535
  ret i64 %5
}

define internal i64 @head(ptr noundef %0) #0 {
  %2 = alloca i64, align 8
  %3 = alloca ptr, align 8
  %4 = alloca i64, align 8
  %5 = alloca i64, align 8
  %6 = alloca i8, align 1
  store ptr %0, ptr %3, align 8
  %7 = load ptr, ptr %3, align 8
  %8 = getelementptr inbounds %struct.job, ptr %7, i32 0, i32 3
  %9 = load ptr, ptr %8, align 8
  %10 = load ptr, ptr %3, align 8
  %11 = getelementptr inbounds %struct.job, ptr %10, i32 0, i32 4
  %12 = load i64, ptr %11, align 8
  %13 = sub nsw i64 %12, 1
  %14 = getelementptr inbounds i64, ptr %9, i64 %13
  %15 = load i64, ptr %14, align 8
  store i64 %15, ptr %4, align 8
  %16 = load ptr, ptr %3, align 8
  %17 = getelementptr inbounds %struct.job, ptr %16, i32 0, i32 1
  %18 = load ptr, ptr %17, align 8
  %19 = load ptr, ptr %3, align 8
  %20 = getelementptr inbounds %struct.job, ptr %19, i32 0, i32 4
  %21 = load i64, ptr %20, align 8
  %22 = sub nsw i64 %21, 1
  %23 = getelementptr inbounds ptr, ptr %18, i64 %22
  %24 = load ptr, ptr %23, align 8
  %25 = ptrtoint ptr %24 to i64
  store i64 %25, ptr %5, align 8
  %26 = load i64, ptr %4, align 8
  %27 = icmp ne i64 %26, 0
  br i1 %27, label %28, label %35

28:
  %29 = load i64, ptr %4, align 8
  %30 = load i64, ptr %4, align 8
  %31 = sub i64 %30, 1
  %32 = and i64 %29, %31
  %33 = icmp ne i64 %32, 0
  %34 = xor i1 %33, true
  br label %35

35:
  %36 = phi i1 [ false, %1 ], [ %34, %28 ]
  %37 = zext i1 %36 to i8
  store i8 %37, ptr %6, align 1
  %38 = load ptr, ptr %3, align 8
  %39 = getelementptr inbounds %struct.job, ptr %38, i32 0, i32 5
  %40 = load i64, ptr %39, align 8
  %41 = icmp ne i64 %40, 1
  br i1 %41, label %54, label %42

42:
  %43 = load i8, ptr %6, align 1
  %44 = trunc i8 %43 to i1
  br i1 %44, label %45, label %54

45:
  %46 = load i64, ptr %4, align 8
  %47 = icmp ugt i64 %46, 64
  br i1 %47, label %54, label %48

48:
  %49 = load i64, ptr %5, align 8
  %50 = load i64, ptr %4, align 8
  %51 = sub i64 %50, 1
  %52 = and i64 %49, %51
  %53 = icmp ne i64 %52, 0
  br i1 %53, label %54, label %55

54:
  store i64 0, ptr %2, align 8
  br label %61

55:
  %56 = load i64, ptr %5, align 8
  %57 = sub i64 0, %56
  %58 = and i64 %57, 63
  %59 = load i64, ptr %4, align 8
  %60 = udiv i64 %58, %59
  store i64 %60, ptr %2, align 8
  br label %61

61:
  %62 = load i64, ptr %2, align 8
  ret i64 %62
}

define internal void @wake(ptr noundef %0, i64 noundef %1) #0 {
  %3 = alloca ptr, align 8
  %4 = alloca i64, align 8
  %5 = alloca i64, align 8
  %6 = alloca i64, align 8
  %7 = alloca i64, align 8
  %8 = alloca ptr, align 8
  %9 = alloca i64, align 8
  %10 = alloca i64, align 8
  %11 = alloca i64, align 8
  store ptr %0, ptr %3, align 8
  store i64 %1, ptr %4, align 8
  fence seq_cst
  %12 = load ptr, ptr %3, align 8
  %13 = getelementptr inbounds %struct.block, ptr %12, i32 0, i32 29
  %14 = load atomic i64, ptr %13 monotonic, align 8
  store i64 %14, ptr %6, align 8
  %15 = load i64, ptr %6, align 8
  store i64 %15, ptr %5, align 8
  store i64 0, ptr %7, align 8
  br label %16

16:
  %17 = load i64, ptr %7, align 8
  %18 = load i64, ptr %4, align 8
  %19 = icmp slt i64 %17, %18
  br i1 %19, label %20, label %63

20:
  %21 = load ptr, ptr %3, align 8
  %22 = getelementptr inbounds %struct.block, ptr %21, i32 0, i32 43
  %23 = load i64, ptr %7, align 8
  %24 = getelementptr inbounds [1023 x %struct.slot], ptr %22, i64 0, i64 %23
  store ptr %24, ptr %8, align 8
  %25 = load ptr, ptr %8, align 8
  %26 = getelementptr inbounds %struct.slot, ptr %25, i32 0, i32 4
  %27 = load atomic i64, ptr %26 acquire, align 8
  store i64 %27, ptr %9, align 8
  %28 = load i64, ptr %9, align 8
  %29 = icmp ne i64 %28, 1
  br i1 %29, label %37, label %30

30:
  %31 = load ptr, ptr %8, align 8
  %32 = getelementptr inbounds %struct.slot, ptr %31, i32 0, i32 4
  store i64 0, ptr %10, align 8
  %33 = load i64, ptr %10, align 8
  %34 = atomicrmw xchg ptr %32, i64 %33 acq_rel, align 8
  store i64 %34, ptr %11, align 8
  %35 = load i64, ptr %11, align 8
  %36 = icmp ne i64 %35, 1
  br i1 %36, label %37, label %38

37:
  br label %60

38:
  %39 = load ptr, ptr %3, align 8
  %40 = load ptr, ptr %8, align 8
  %41 = getelementptr inbounds %struct.slot, ptr %40, i32 0, i32 1
  %42 = load i64, ptr %41, align 32
  %43 = load i64, ptr %5, align 8
  %44 = call i1 @allow(ptr noundef %39, i64 noundef %42, i64 noundef %43, i1 noundef false) #4
  br i1 %44, label %45, label %47

45:
  %46 = load i64, ptr %5, align 8
  br label %48

47:
  br label %48

48:
  %49 = phi i64 [ %46, %45 ], [ -1, %47 ]
  %50 = load ptr, ptr %8, align 8
  %51 = getelementptr inbounds %struct.slot, ptr %50, i32 0, i32 5
  store i64 %49, ptr %51, align 64
  %52 = load ptr, ptr %3, align 8
  %53 = getelementptr inbounds %struct.block, ptr %52, i32 0, i32 14
  %54 = getelementptr inbounds %struct.libc, ptr %53, i32 0, i32 6
  %55 = load ptr, ptr %54, align 16
  %56 = load ptr, ptr %8, align 8
  %57 = getelementptr inbounds %struct.slot, ptr %56, i32 0, i32 0
  %58 = getelementptr inbounds [4 x i64], ptr %57, i64 0, i64 0
  %59 = call i32 %55(ptr noundef %58) #4
  br label %60

60:
  %61 = load i64, ptr %7, align 8
  %62 = add nsw i64 %61, 1
  store i64 %62, ptr %7, align 8
  br label %16

63:
  ret void
}

attributes #0 = { nounwind "no-builtins" }
attributes #1 = { nocallback nofree nounwind willreturn memory(argmem: readwrite) }
attributes #2 = { inlinehint nounwind "no-builtins" }
attributes #3 = { "no-builtins" }
attributes #4 = { nobuiltin "no-builtins" }
